-- Calls that were admitted for a later instant. They lie behind the states of their row, those of each bucket by instant. A decision
-- replays them on the state, so each counts at its own instant and at no other; the next write charges those whose instant has come.

-- Reads what a bucket holds: its text, and of each call the instant, the tokens and whether this bucket decided the instant.
local function open_hold(bucket)
  local hold = holds[bucket.row] and holds[bucket.row][bucket.limit[1]]
  local text, times, costs, flags, count = hold and hold.text or '', {}, {}, {}, 0
  for place = 1, #text, HELD do
    count = count + 1
    times[count], costs[count], flags[count] = unpack('<dI4B', text, place)
  end

  bucket.text, bucket.times, bucket.costs, bucket.flags = text, times, costs, flags
end

-- A limit for a call that costs something else.
function priced(limit, cost)
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
  return algorithms[limit[8]].starts_windows and math.max(instant, (unpack('<d', state))) or instant
end

local function after(limit, state, instant, cost)
  return algorithms[limit[8]].charge(priced(limit, cost), charged_at(limit, state, instant), state)
end

-- The state of a bucket after the reservations up to an instant, and how many those are.
local function replayed(bucket, last)
  local limit, state, times, costs, count = bucket.limit, bucket.state, bucket.times, bucket.costs, 0
  if limit[8] <= COARSE then
    return algorithms[limit[8]].replayed(bucket, last)
  end

  while times[count + 1] and times[count + 1] <= last do
    count = count + 1
    state = after(limit, state, times[count], costs[count])
  end

  return state, count
end

-- The instant of the first reservation that a state no longer admits.
local function first_broken(limit, state, times, costs, next)
  for i = next, #times do
    local cost = costs[i]
    if cost > 0 and not algorithms[limit[8]].admits(priced(limit, cost), charged_at(limit, state, times[i]), state) then
      return times[i]
    end

    state = after(limit, state, times[i], cost)
  end
end

-- The first instant, from one on, at which a call fits: admitted there after every earlier reservation, and no later one is in its way.
local function earliest_of(bucket, instant)
  local limit, state, times, costs, next = bucket.limit, bucket.state, bucket.times, bucket.costs, 1
  local algorithm = algorithms[limit[8]]
  if algorithm.earliest then
    return algorithm.earliest(bucket, instant)
  end

  while true do
    while times[next] and times[next] <= instant do
      state = after(limit, state, times[next], costs[next])
      next = next + 1
    end

    if not algorithm.admits(limit, instant, state) then
      instant = algorithm.opens(limit, instant, state)
    else
      local broken = first_broken(limit, algorithm.charge(limit, instant, state), times, costs, next)
      if not broken then
        return instant
      end

      instant = broken
    end
  end
end

-- As that, but a call that this bucket delays goes behind all those that it has delayed.
local function earliest_in_turn(bucket, instant)
  local earliest = earliest_of(bucket, instant)
  for i = #bucket.times, 1, -1 do
    if bucket.flags[i] == 1 then
      local last = bucket.times[i]
      return earliest > instant and last > earliest and earliest_of(bucket, last) or earliest
    end
  end

  return earliest
end

-- When a bucket is full again, if no other call comes.
local function full_after(bucket)
  if bucket.log then
    return math.max(bucket.log[1] > 0 and bucket.log[2] or 0, bucket.times[#bucket.times] or 0) + bucket.limit[4]
  end

  return full_at(bucket.limit[2], (replayed(bucket, MOST)))
end

-- Charges the reservations of a bucket whose instant has come.
local function settle_due(bucket, now)
  local count
  if bucket.log then
    count = algorithms[LOG].charge_due(bucket, now)
  else
    bucket.state, count = replayed(bucket, now)
  end

  if count > 0 then
    bucket.is_changed = true
    holds[bucket.row][bucket.limit[1]].text = sub(bucket.text, count * HELD + 1)
    open_hold(bucket)
  end
end

-- Adds a reservation behind all of the same instant.
local function add_held(bucket, instant, cost, is_decider, id)
  local place = #bucket.times + 1
  while place > 1 and bucket.times[place - 1] > instant do
    place = place - 1
  end

  local from = (place - 1) * HELD
  bucket.text = sub(bucket.text, 1, from) .. pack('<dI4Bc16', instant, cost, is_decider, id) .. sub(bucket.text, from + 1)
  table.insert(bucket.times, place, instant)
  table.insert(bucket.costs, place, cost)
  bucket.is_changed = true
end

-- Takes a reservation back. The window that it would start, or has started, stays without its tokens where later instants were computed
-- with it. Returns whether it was there.
local function remove_held(bucket, id)
  local text, p = bucket.text, find(bucket.text, id, 1, true)
  while p and (p - 14) % HELD ~= 0 do
    p = find(text, id, p + 1, true)
  end

  if not p then
    return false
  end

  local from, instant = p - 14, unpack('<d', text, p - 13)
  local rest = sub(text, from + HELD + 1)
  if rest ~= '' and algorithms[bucket.limit[8]].starts_windows then
    rest = pack('<dI4Bc16', instant, 0, 0, id) .. rest
  end

  text = sub(text, 1, from) .. rest
  while text ~= '' and unpack('<I4', text, #text - HELD + 9) == 0 do
    text = sub(text, 1, -HELD - 1)
  end

  holds[bucket.row][bucket.limit[1]].text = text
  open_hold(bucket)
  bucket.is_changed = true
  return true
end
