-- When a bucket is full again.
local function full_at(numbers, state)
  local algorithm, _, _, a = unpack('<BI4dd', numbers)
  if algorithm == COUNTER then
    local start, _, current = unpack('<dI4I4', state)
    return start + (current > 0 and 2 * a or a)
  end

  local x, y = unpack('<dd', state)
  if algorithm == CALENDAR then
    return x
  end

  if algorithm <= COARSE then
    return math.min((x + (y > 0 and 1 or 0)) * (algorithm == COARSE and a or 1), MOST)
  end

  return (algorithm == FIXED and x or y) + a
end
