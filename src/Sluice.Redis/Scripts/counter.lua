-- The counter of a sliding window. Its state: start of its window, tokens of the window before, tokens of this one.

local algorithm = { starts_windows = true } -- The first call of a window decides when it starts.
algorithms[COUNTER] = algorithm

-- The state at an instant.
local function advanced(start, previous, current, period, now)
  local elapsed = now - start
  if elapsed < period then
    return start, previous, current
  elseif elapsed < 2 * period and current > 0 then
    return start + period, current, 0
  end

  return now, 0, 0
end

-- The tokens in the window that ends now, rounded up.
local function counted(start, previous, current, period, now)
  if previous == 0 or now == start then
    return previous + current
  end

  local whole, rest = muldiv(period - (now - start), previous, period)
  return current + whole + (rest > 0 and 1 or 0)
end

function algorithm.convert(limit, numbers, state, now)
  local period = unpack('<d', numbers, 14)
  local start, previous, current = unpack('<dI4I4', state)
  start, previous, current = advanced(start, previous, current, period, now)
  local used = math.min(counted(start, previous, current, period, now), limit[5])
  return used == 0 and NEW or pack('<dI4I4', now, used, 0)
end

function algorithm.admits(limit, now, state)
  local start, previous, current = unpack('<dI4I4', state)
  start, previous, current = advanced(start, previous, current, limit[4], now)
  local room = limit[5] - limit[6]
  return current <= room and counted(start, previous, current, limit[4], now) <= room
end

function algorithm.charge(limit, now, state)
  local start, previous, current = unpack('<dI4I4', state)
  start, previous, current = advanced(start, previous, current, limit[4], now)
  return pack('<dI4I4', start, previous, math.min(current + limit[6], MOST_COUNTED))
end

if replays then
  -- How long into a window the tokens of the one before have faded to what there is room for.
  local function faded_at(room, previous, period)
    return period - (muldiv(room, period, previous))
  end

  function algorithm.opens(limit, now, state)
    local start, previous, current = unpack('<dI4I4', state)
    start, previous, current = advanced(start, previous, current, limit[4], now)
    local room = limit[5] - limit[6]
    if current <= room then
      return start + faded_at(room - current, previous, limit[4])
    end

    return start + limit[4] + faded_at(room, current, limit[4])
  end
end

function algorithm.refund(limit, now, made, state)
  local start, previous, current = unpack('<dI4I4', state)
  local cost = limit[6]
  start, previous, current = advanced(start, previous, current, limit[4], now)
  if made > 0 and made < start then
    cost = 0 -- It is in an earlier window, with others that cannot be told apart from it: it stays charged.
  end

  local from = math.min(current, cost)
  current, previous = current - from, previous - math.min(previous, made > 0 and 0 or cost - from)
  return current + previous == 0 and NEW or pack('<dI4I4', start, previous, current)
end
