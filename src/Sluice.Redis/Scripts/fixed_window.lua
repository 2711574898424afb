-- The fixed window. Its state: start of its window, tokens used in it.

local algorithm = { starts_windows = true } -- The first call of a window decides when it starts.
algorithms[FIXED] = algorithm

function algorithm.convert(limit, numbers, state, now)
  local start, used = unpack('<dd', state)
  if now - start >= unpack('<d', numbers, 14) then
    return NEW
  end

  return pack('<dd', limit[7] == 1 and now - math.fmod(now, limit[4]) or start, math.min(used, limit[5]))
end

function algorithm.admits(limit, now, state)
  local start, used = unpack('<dd', state)
  return (now - start >= limit[4] and 0 or used) + limit[6] <= limit[5]
end

function algorithm.charge(limit, now, state)
  local start, used = unpack('<dd', state)
  if now - start >= limit[4] then
    start, used = limit[7] == 1 and now - math.fmod(now, limit[4]) or now, 0
  end

  return pack('<dd', start, used + limit[6])
end

if replays then
  function algorithm.opens(limit, now, state)
    return unpack('<d', state) + limit[4]
  end
end

function algorithm.refund(limit, now, made, state)
  local start, used = unpack('<dd', state)
  local cost = limit[6]
  if made > 0 and made < start then
    cost = 0 -- It is in an earlier window.
  end

  return (now - start >= limit[4] or used <= cost) and NEW or pack('<dd', start, used - cost)
end
