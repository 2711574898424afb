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
