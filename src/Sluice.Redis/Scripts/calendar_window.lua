-- The window of a calendar. Its state: end of its window, tokens used in it. The end stays until it is reached, whatever edge another
-- process sends, so no window opens early or twice.

-- The edges that were sent must lie around the instant of each call; else nothing is decided, and the process sends others.
local instant = clock
if is_ahead then
  if calls_left > 1 then
    return pack('<Bd', 254, 0) -- Calls on rows ahead of the clock may have different instants.
  end

  for i = 1, row_count do
    instant = math.max(instant, lasts[i])
  end
end

for i = 1, limit_count do
  local limit = limits[i]
  -- A call waits for less than an hour, so it goes in one of the two windows, if it comes in the first.
  if limit[8] == CALENDAR and (instant < limit[4] or instant >= limit[replays and 7 or 9]) then
    return pack('<Bd', 254, instant)
  end
end

local algorithm = {}
algorithms[CALENDAR] = algorithm

-- The window that holds an instant: two windows were sent, which meet at limit[7].
local function start_of(limit, now)
  return now < limit[7] and limit[4] or limit[7]
end

local function end_of(limit, now)
  return now < limit[7] and limit[7] or limit[9]
end

function algorithm.convert(limit, numbers, state, now)
  local full, used = unpack('<dd', state)
  return now >= full and NEW or pack('<dd', end_of(limit, now), math.min(used, limit[5]))
end

function algorithm.admits(limit, now, state)
  local full, used = unpack('<dd', state)
  return (now < full and used or 0) + limit[6] <= limit[5]
end

function algorithm.charge(limit, now, state)
  local full, used = unpack('<dd', state)
  if now >= full then
    full, used = end_of(limit, now), 0
  end

  return pack('<dd', full, used + limit[6])
end

if replays then
  function algorithm.opens(limit, now, state)
    return (unpack('<d', state))
  end
end

function algorithm.refund(limit, now, made, state)
  local full, used = unpack('<dd', state)
  local cost = limit[6]
  if made > 0 and made < start_of(limit, now) then
    cost = 0 -- It is in an earlier window.
  end

  return (now >= full or used <= cost) and NEW or pack('<dd', full, used - cost)
end
