-- A call that may wait, or that meets calls that wait: all its limits are looked at, then all are changed or none.

-- The first instant at which all enforced limits admit a call, and the place of the limit that decided it; nil where one never does.
local function instant_of(buckets, from, earliest)
  local instant, decider, first = from, 0, nil
  for i = 1, #buckets do
    if buckets[i].is_enforced and buckets[i].is_never then
      return nil, 0
    end
  end

  while first ~= instant do
    first = instant
    for i = 1, #buckets do
      if buckets[i].is_enforced and not buckets[i].is_slots then
        local candidate = earliest(buckets[i], first)
        buckets[i].opens = first == from and candidate or buckets[i].opens
        if candidate > instant then
          instant, decider = candidate, i
        end
      end
    end
  end

  return instant, decider
end

-- Charges a call now.
local function charge_held(bucket, now)
  settle_due(bucket, now)
  if bucket.log then
    bucket.state = algorithms[LOG].charge(bucket.log, bucket.limit, bucket.key, now)
    local used, newest = unpack('<dd', bucket.state)
    bucket.log = { used, newest, 0, 0, false }
  else
    bucket.state = algorithms[bucket.limit[8]].charge(bucket.limit, now, bucket.state)
  end

  bucket.is_written = true
end

-- Decides a call that may wait, or that meets calls that wait. Returns whether it is admitted, its instant, and the limit that decided it.
local function decide_held(verb, buckets, now, made, terms)
  local earliest = verb == RESERVE and earliest_in_turn or earliest_of
  local instant, decider = instant_of(buckets, now + terms.from, earliest)
  local allowed = instant and instant - now <= terms.most
  for i = 1, #buckets do
    allowed = allowed and (not buckets[i].is_slots or not buckets[i].is_enforced or admits[i])
  end

  for i = 1, #buckets do
    local bucket = buckets[i]
    if not bucket.is_slots and not bucket.is_never then
      local own = allowed and instant or now
      bucket.opens = bucket.is_enforced and bucket.opens or earliest_of(bucket, own)
      bucket.is_taking = allowed and (bucket.is_enforced or bucket.opens == own)
    end

    if bucket.log then
      bucket.left, bucket.full = algorithms[LOG].left(bucket, now, bucket.is_taking and instant or nil, terms.cost)
    end
  end

  if allowed and verb ~= PEEK then
    for i = 1, #buckets do
      local bucket = buckets[i]
      if bucket.is_slots then
        slots.take(bucket.limit, bucket.key, made)
      elseif bucket.is_taking and instant > now then
        add_held(bucket, instant, terms.cost, i == decider and 1 or 0, terms.id)
      elseif bucket.is_taking then
        charge_held(bucket, now)
      end
    end
  end

  return allowed, instant or 0, decider
end

-- Changes a bucket that holds calls, by any other verb.
local function change_held(verb, bucket, now, made, id)
  if verb >= CANCEL and remove_held(bucket, id) then
    return
  end

  if verb == CANCEL_HELD then
    return
  end

  settle_due(bucket, now)
  bucket.is_written = true
  local algorithm, limit, log = algorithms[bucket.limit[8]], bucket.limit, bucket.log
  if verb == CHARGE then
    charge_held(bucket, now)
  elseif verb == RESET then
    bucket.state = NEW
    if log then
      call('DEL', bucket.key)
      bucket.log = { 0, 0, 0, 0, false }
    end
  elseif not log then
    bucket.state = algorithm.refund(limit, now, verb == CANCEL and 0 or made, bucket.state)
  elseif verb ~= SETTLE or log[2] == made then
    bucket.state = algorithm.refund(log, limit, bucket.key)
    local used, newest = unpack('<dd', bucket.state)
    bucket.log = { used, newest, 0, 0, false }
  end
end

-- Writes what has changed of a bucket.
local function write_held(bucket, now)
  local row, name = bucket.row, bucket.limit[1]
  if bucket.is_written then
    rewrite(row, bucket.limit, bucket.state)
  end

  if bucket.is_changed then
    local full = bucket.turns and bucket.full or full_after(bucket)
    holds[row] = holds[row] or {}
    holds[row][name] = bucket.text ~= '' and { text = bucket.text, full = full } or nil
    fulls[row] = math.max(fulls[row], full)
    changed[row], expiry_may_shrink[row] = 2, true
  end

  if bucket.is_written or bucket.is_changed then
    lasts[row] = now
  end
end

-- What the reply says of a bucket and of the calls that it held before a decision, or holds after a change.
local function described(bucket, state, text)
  if bucket.is_slots then
    return state
  elseif bucket.log then
    return pack('<ddddd', bucket.seen_used, bucket.opens or 0, bucket.seen_newest, bucket.left, bucket.full)
  end

  return state .. pack('<I4', #text / HELD) .. text
end

-- Decides or changes the buckets of a call, and returns the reply to it.
function answer_held(verb, count, now, made, terms)
  local buckets = {}
  for i = 1, count do
    local limit = limit_of[i]
    local log = logs[i]
    buckets[i] = {
      row = row_of[i], limit = limit, state = found[i], log = log, key = log_of[i], text = '',
      is_slots = limit[8] == SLOTS, is_enforced = limit[3] % 2 == 0,
      is_never = limit[8] ~= SLOTS and (limit[3] >= 4 or (limit[8] <= COARSE and limit[4] < 0) or (limit[8] > COARSE and limit[6] > limit[5])),
      seen_used = log and log[1], seen_newest = log and log[2],
    }
    if not buckets[i].is_slots then
      open_hold(buckets[i])
    else
      local _, running = unpack('<dd', found[i])
      if (terms.in_turn or 0) > 0 and buckets[i].is_enforced and not look_for_turn(buckets[i], now, terms.caller, running) then
        admits[i], buckets[i].state = false, pack('<dd', 0, math.max(running, limit[4]))
      end
    end
  end

  local is_decision = verb <= PEEK or verb == RESERVE
  local before, allowed, instant, decider = {}, true, 0, 0
  for i = 1, count do
    before[i] = { buckets[i].state, buckets[i].text }
  end

  if is_decision then
    allowed, instant, decider = decide_held(verb, buckets, now, made, terms)
  end

  -- A call that lacks a slot only, waits for the first one that it lacks.
  local is_waiting = not allowed and instant > 0 and instant - now <= terms.most
  for i = 1, count do
    if buckets[i].turns then
      local lacks = is_waiting and not admits[i]
      if allowed or terms.in_turn == 2 then
        keep_turn(buckets[i], now, terms.caller, lacks)
      end

      is_waiting = is_waiting and not lacks
    end
  end

  local parts = { pack('<BddB', allowed and 3 or 2, now, instant, decider) }
  for i = 1, count do
    local bucket = buckets[i]
    if not is_decision and not bucket.is_slots then
      change_held(verb, bucket, now, made, terms.id)
      if bucket.log then
        bucket.left, bucket.full = algorithms[LOG].left(bucket, now)
        bucket.seen_used, bucket.seen_newest = bucket.log[1], bucket.log[2]
      end
    end

    write_held(bucket, now)

    parts[i + 1] = is_decision and described(bucket, before[i][1], before[i][2]) or described(bucket, bucket.state, bucket.text)
  end

  return table.concat(parts)
end
