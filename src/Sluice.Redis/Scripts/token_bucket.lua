-- The token bucket, by the microsecond and in coarse steps. Its state: step at which it is full, rest.

local algorithm = {}
algorithms[TOKENS], algorithms[COARSE] = algorithm, algorithm

-- What numbers of a token bucket say: units that a step brings, units of a token, microseconds of a step.
local function rate_of(kind, a, b)
  if kind == COARSE then
    return 1, b, a
  end

  return a, b, 1
end

-- The state under other numbers: what is owed in whole units, rounded up, but at most what the bucket holds.
function algorithm.convert(limit, numbers, state, now)
  local old, _, b, a = unpack('<BI4dd', numbers)
  local full, over = unpack('<dd', state)
  local rate, token, step = rate_of(old, a, b)
  local lead = full - floor(now / step)
  if lead < 0 then
    return NEW
  end

  local part = math.fmod(lead, token)
  local tokens, units = muldiv(part, rate, token)
  units = units + math.fmod(over, token)
  tokens = tokens + (lead - part) / token * rate + floor(over / token) + floor(units / token)
  units = math.fmod(units, token)

  local _, capacity, new_b, new_a = unpack('<BI4dd', limit[2])
  local new_rate, new_token, new_step = rate_of(limit[8], new_a, new_b)
  local new_units, rounded = muldiv(units, new_token, token)
  new_units = new_units + (rounded > 0 and 1 or 0)
  if tokens >= capacity then
    tokens, new_units = capacity, 0
  end

  if tokens == 0 and new_units == 0 then
    return NEW
  end

  -- tokens * new_token + new_units, over new_rate.
  local odd = math.fmod(new_token, new_rate)
  local whole, rest = muldiv(odd, tokens, new_rate)
  rest = rest + new_units
  whole = whole + tokens * ((new_token - odd) / new_rate) + floor(rest / new_rate)
  return pack('<dd', floor(now / new_step) + whole, math.fmod(rest, new_rate))
end

function algorithm.admits(limit, now, state)
  local full, rest = unpack('<dd', state)
  local lead = full - (limit[8] == COARSE and floor(now / unpack('<d', limit[2], 14)) or now)
  if lead < 0 then
    lead, rest = 0, 0
  end

  return lead < limit[4] or (lead == limit[4] and rest <= limit[5])
end

function algorithm.charge(limit, now, state)
  local x, y = unpack('<dd', state)
  local is_coarse, unit = limit[8] == COARSE, unpack('<d', limit[2], 14)
  local step = is_coarse and floor(now / unit) or now
  if x < step then
    x, y = step, 0
  end

  local rate = is_coarse and 1 or unit
  x, y = x + limit[6], y + limit[7]
  if y >= rate then
    x, y = x + 1, y - rate
  end

  return pack('<dd', math.min(x, MOST), y)
end

if replays then
  -- The first instant at which the call is admitted, if no other comes.
  function algorithm.opens(limit, now, state)
    local full, rest = unpack('<dd', state)
    local step = full - limit[4] + (rest > limit[5] and 1 or 0)
    return limit[8] == COARSE and step * unpack('<d', limit[2], 14) or step
  end

  -- Steps and rest that bring tokens.
  local function steps_of(tokens, token, rate)
    local odd = math.fmod(token, rate)
    local steps, rest = muldiv(odd, tokens, rate)
    return math.min(steps + tokens * ((token - odd) / rate), MOST), rest
  end

  -- Makes a limit that of a call which costs something else.
  function algorithm.price(limit, cost)
    local _, capacity, b, a = unpack('<BI4dd', limit[2])
    local rate, token = rate_of(limit[8], a, b)
    limit[4], limit[5] = -1, 0
    if cost <= capacity then
      limit[4], limit[5] = steps_of(capacity - cost, token, rate)
    end

    limit[6], limit[7] = steps_of(cost, token, rate)
  end
end

function algorithm.refund(limit, now, made, state)
  local x, y = unpack('<dd', state)
  local is_coarse, unit, cost, rest = limit[8] == COARSE, unpack('<d', limit[2], 14), limit[6], limit[7]
  local step = is_coarse and floor(now / unit) or now
  local rate = is_coarse and 1 or unit
  if made > 0 then
    cost = cost - math.max(0, step - (is_coarse and floor(made / unit) or made))
    if cost < 0 then
      cost, rest = 0, 0
    end
  end

  x, y = x - cost, y - rest
  if y < 0 then
    x, y = x - 1, y + rate
  end

  if x < step or (x == step and y == 0) then
    return NEW
  end

  return pack('<dd', x, y)
end
