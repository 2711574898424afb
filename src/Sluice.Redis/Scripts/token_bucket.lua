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
  -- Steps and rest that bring tokens.
  local function steps_of(tokens, token, rate)
    local odd = math.fmod(token, rate)
    local steps, rest = muldiv(odd, tokens, rate)
    return math.min(steps + tokens * ((token - odd) / rate), MOST), rest
  end

  -- Steps and rest after a reservation.
  local function charged(bucket, full, rest, i)
    local price = priced(bucket.limit, bucket.costs[i])
    local step, rate = floor(bucket.times[i] / price.unit), price.rate
    if full < step then
      full, rest = step, 0
    end

    full, rest = full + price[6], rest + price[7]
    if rest >= rate then
      full, rest = full + 1, rest - rate
    end

    return full < MOST and full or MOST, rest
  end

  -- The state after the reservations up to an instant, and how many those are.
  function algorithm.replayed(bucket, last)
    local full, rest = unpack('<dd', bucket.state)
    local times, count = bucket.times, 0
    while times[count + 1] and times[count + 1] <= last do
      count = count + 1
      full, rest = charged(bucket, full, rest, count)
    end

    return count > 0 and pack('<dd', full, rest) or bucket.state, count
  end

  -- The instant of the first reservation that is not admitted behind a call.
  local function first_broken(bucket, full, rest, next)
    local limit, times, costs = bucket.limit, bucket.times, bucket.costs
    for i = next, #times do
      local price, over = priced(limit, costs[i]), rest
      local lead = full - floor(times[i] / price.unit)
      if lead < 0 then
        lead, over = 0, 0
      end

      if lead > price[4] or (lead == price[4] and over > price[5]) then
        return times[i]
      end

      full, rest = charged(bucket, full, rest, i)
    end
  end

  -- The first instant, from one on, at which a call fits.
  function algorithm.earliest(bucket, instant)
    local limit, times, next = bucket.limit, bucket.times, 1
    local unit = limit[8] == COARSE and unpack('<d', limit[2], 14) or 1
    local full, rest = unpack('<dd', bucket.state)
    while true do
      while times[next] and times[next] <= instant do
        full, rest = charged(bucket, full, rest, next)
        next = next + 1
      end

      local lead = full - floor(instant / unit)
      if lead > limit[4] or (lead == limit[4] and rest > limit[5]) then
        instant = (full - limit[4] + (rest > limit[5] and 1 or 0)) * unit
      else
        local with_full, with_rest = unpack('<dd', algorithm.charge(limit, instant, pack('<dd', full, rest)))
        local broken = first_broken(bucket, with_full, with_rest, next)
        if not broken then
          return instant
        end

        instant = broken
      end
    end
  end

  -- Makes a limit that of a call which costs something else.
  function algorithm.price(limit, cost)
    local _, capacity, b, a = unpack('<BI4dd', limit[2])
    local rate, token, unit = rate_of(limit[8], a, b)
    limit.rate, limit.unit = rate, unit
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
