-- Calls that were admitted for a later instant. They lie behind the states of their row, those of each bucket by instant. A decision
-- replays them on the state, so each counts at its own instant and at no other; the next write charges those whose instant has come.

-- The reservations of a bucket, by instant: { instant, tokens, whether this bucket decided the instant, number and store }.
local function held_of(row, name)
  local hold = holds[row] and holds[row][name]
  if not hold then
    return {}
  end

  if not hold.calls then
    hold.calls = {}
    for place = 1, #hold.text, HELD do
      hold.calls[#hold.calls + 1] = { unpack('<dI4Bc16', hold.text, place) }
    end
  end

  return hold.calls
end

-- A limit for a call that costs something else.
local function priced(limit, cost)
  limit.prices = limit.prices or {}
  local other = limit.prices[cost]
  if not other then
    other = { limit[1], limit[2], limit[3], limit[4], limit[5], limit[6], limit[7], limit[8], limit[9] }
    if limit[8] <= COARSE then
      algorithms[limit[8]].price(other, cost)
    else
      other[6] = cost
    end

    limit.prices[cost] = other
  end

  return other
end

-- When a reservation is charged to a state that may have been made of others' states since.
local function charged_at(limit, state, instant)
  return (limit[8] <= COARSE or limit[8] == CALENDAR) and instant or math.max(instant, (unpack('<d', state)))
end

local function after(limit, state, held)
  return algorithms[limit[8]].charge(priced(limit, held[2]), charged_at(limit, state, held[1]), state)
end

-- The state after the reservations up to an instant, and how many those are.
local function replayed(limit, state, calls, instant)
  local count = 0
  while count < #calls and calls[count + 1][1] <= instant do
    count = count + 1
    state = after(limit, state, calls[count])
  end

  return state, count
end

-- The first reservation that a state no longer admits.
local function first_broken(limit, state, calls, next)
  for i = next, #calls do
    local held = calls[i]
    if held[2] > 0 and not algorithms[limit[8]].admits(priced(limit, held[2]), charged_at(limit, state, held[1]), state) then
      return held
    end

    state = after(limit, state, held)
  end
end

-- The first instant, from one on, at which a call fits: admitted there after every earlier reservation, and no later one is in its way.
local function earliest_by_state(limit, state, calls, instant)
  local algorithm, next = algorithms[limit[8]], 1
  while true do
    while next <= #calls and calls[next][1] <= instant do
      state = after(limit, state, calls[next])
      next = next + 1
    end

    if not algorithm.admits(limit, instant, state) then
      instant = algorithm.opens(limit, instant, state)
    else
      local broken = first_broken(limit, algorithm.charge(limit, instant, state), calls, next)
      if not broken then
        return instant
      end

      instant = broken[1]
    end
  end
end

local function earliest_of(bucket, instant)
  return bucket.log and algorithms[LOG].earliest(bucket, instant) or earliest_by_state(bucket.limit, bucket.state, bucket.calls, instant)
end

-- As that, but a call that this bucket delays goes behind all those that it has delayed.
local function earliest_in_turn(bucket, instant)
  local earliest = earliest_of(bucket, instant)
  for i = #bucket.calls, 1, -1 do
    local held = bucket.calls[i]
    if held[3] == 1 then
      return earliest > instant and held[1] > earliest and earliest_of(bucket, held[1]) or earliest
    end
  end

  return earliest
end

-- When a bucket is full again, if no other call comes.
local function full_after(bucket)
  local calls = bucket.calls
  if bucket.log then
    return math.max(bucket.log[1] > 0 and bucket.log[2] or 0, #calls > 0 and calls[#calls][1] or 0) + bucket.limit[4]
  end

  return full_at(bucket.limit[2], (replayed(bucket.limit, bucket.state, calls, MOST)))
end

-- Charges the reservations of a bucket whose instant has come.
local function settle_due(bucket, now)
  local calls, count = bucket.calls, nil
  if bucket.log then
    count = algorithms[LOG].charge_due(bucket, now)
  else
    bucket.state, count = replayed(bucket.limit, bucket.state, calls, now)
  end

  if count > 0 then
    bucket.calls, bucket.is_changed = {}, true
    for i = count + 1, #calls do
      bucket.calls[i - count] = calls[i]
    end
  end
end

-- Adds a reservation behind all of the same instant.
local function add_held(bucket, held)
  local calls = {}
  for i = 1, #bucket.calls do
    calls[i] = bucket.calls[i]
  end

  local place = #calls + 1
  while place > 1 and calls[place - 1][1] > held[1] do
    calls[place] = calls[place - 1]
    place = place - 1
  end

  calls[place] = held
  bucket.calls, bucket.is_changed = calls, true
end

-- Takes a reservation back. The window that it would start, or has started, stays without its tokens where later instants were computed
-- with it. Returns whether it was there.
local function remove_held(bucket, id)
  local calls, left, is_there = bucket.calls, {}, false
  local starts_windows = bucket.limit[8] == FIXED or bucket.limit[8] == COUNTER
  for i = 1, #calls do
    if calls[i][4] ~= id then
      left[#left + 1] = calls[i]
    else
      is_there = true
      if starts_windows and i < #calls then
        left[#left + 1] = { calls[i][1], 0, 0, id }
      end
    end
  end

  if is_there then
    while #left > 0 and left[#left][2] == 0 do
      left[#left] = nil
    end

    bucket.calls, bucket.is_changed = left, true
  end

  return is_there
end

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
      bucket.opens = bucket.is_enforced and earliest(bucket, now + terms.from) or earliest_of(bucket, own)
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
        add_held(bucket, { instant, terms.cost, i == decider and 1 or 0, terms.id })
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
    local parts, calls, full = {}, bucket.calls, full_after(bucket)
    for i = 1, #calls do
      parts[i] = pack('<dI4Bc16', calls[i][1], calls[i][2], calls[i][3], calls[i][4])
    end

    holds[row] = holds[row] or {}
    holds[row][name] = #calls > 0 and { calls = calls, text = table.concat(parts), full = full } or nil
    fulls[row] = math.max(fulls[row], full)
    changed[row], eased[row] = 2, true
  end

  if bucket.is_written or bucket.is_changed then
    lasts[row] = now
  end
end

-- What the reply says of a bucket and of the calls that it held before a decision, or holds after a change.
local function described(bucket, state, calls)
  if bucket.is_slots then
    return state
  elseif bucket.log then
    return pack('<ddddd', bucket.seen_used, bucket.opens or 0, bucket.seen_newest, bucket.left, bucket.full)
  end

  local parts = { state, pack('<I4', #calls) }
  for i = 1, #calls do
    parts[i + 2] = pack('<dI4B', calls[i][1], calls[i][2], calls[i][3])
  end

  return table.concat(parts)
end

-- Decides or changes the buckets of a call, and returns the reply to it.
function answer_held(verb, count, now, made, terms)
  local buckets = {}
  for i = 1, count do
    local limit = limit_of[i]
    local log = logs[i]
    buckets[i] = {
      row = row_of[i], limit = limit, state = found[i], log = log, key = log_of[i], calls = held_of(row_of[i], limit[1]),
      is_slots = limit[8] == SLOTS, is_enforced = limit[3] % 2 == 0,
      is_never = limit[8] ~= SLOTS and (limit[3] >= 4 or (limit[8] <= COARSE and limit[4] < 0) or (limit[8] > COARSE and limit[6] > limit[5])),
      seen_used = log and log[1], seen_newest = log and log[2],
    }
    if buckets[i].is_slots then
      buckets[i].calls = {}
    end
  end

  local is_decision = verb <= PEEK or verb == RESERVE
  local before, allowed, instant, decider = {}, true, 0, 0
  for i = 1, count do
    before[i] = { buckets[i].state, buckets[i].calls }
  end

  if is_decision then
    allowed, instant, decider = decide_held(verb, buckets, now, made, terms)
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

    if not bucket.is_slots then
      write_held(bucket, now)
    end

    parts[i + 1] = is_decision and described(bucket, before[i][1], before[i][2]) or described(bucket, bucket.state, bucket.calls)
  end

  return table.concat(parts)
end
