-- The buckets of a row: found, written, removed, and taken over by a limit that has none.

-- Which bucket of a row has a name; nil if none has.
local function find_bucket(row, name)
  local p = find(keys[row], name, 1, true)
  while p and p % KEY ~= 1 do
    p = find(keys[row], name, p + 1, true)
  end

  return p and (p - 1) / KEY
end

local function write(row, limit, state)
  local all_keys, all, n = keys[row], states[row], find_bucket(row, limit[1])
  if n then
    keys[row] = sub(all_keys, 1, n * KEY) .. limit[1] .. limit[2] .. sub(all_keys, (n + 1) * KEY + 1)
    states[row] = sub(all, 1, n * STATE) .. state .. sub(all, (n + 1) * STATE + 1)
  else
    keys[row] = all_keys .. limit[1] .. limit[2]
    states[row] = all .. state
  end

  fulls[row] = math.max(fulls[row], full_at(limit[2], state))
  changed[row] = 2
end

-- Whether a row has another bucket of a limit's target, which the limit would take over if it had no bucket itself.
local function has_sibling(row, limit)
  for n = 0, #keys[row] / KEY - 1 do
    local name = sub(keys[row], n * KEY + 1, n * KEY + 16)
    if name ~= limit[1] and sub(name, 1, TARGET) == sub(limit[1], 1, TARGET) then
      return true
    end
  end

  return false
end

-- As write, of a state that may owe less than the one before, or nothing.
local function rewrite(row, limit, state)
  local all_keys, all, n = keys[row], states[row], find_bucket(row, limit[1])
  if state ~= NEW or has_sibling(row, limit) then
    write(row, limit, state)
  elseif n then
    keys[row] = sub(all_keys, 1, n * KEY) .. sub(all_keys, (n + 1) * KEY + 1)
    states[row] = sub(all, 1, n * STATE) .. sub(all, (n + 1) * STATE + 1)
    changed[row] = 2
  end

  expiry_may_shrink[row] = true
end

-- Whether a bucket of one algorithm keeps what was used under the other.
local function is_alike(one, other)
  return one == other or (one <= COARSE and other <= COARSE)
end

-- A limit without a bucket takes over a bucket of its target that no limit of the call names: its rate has another period now.
-- One of its algorithm comes first. The bucket keeps the numbers that it was written under.
local function adopt(row, limit, count)
  local target, best = sub(limit[1], 1, TARGET), nil
  for n = 0, #keys[row] / KEY - 1 do
    local name = sub(keys[row], n * KEY + 1, n * KEY + 16)
    if sub(name, 1, TARGET) == target then
      local is_named = false
      for i = 1, count do
        is_named = is_named or (row_of[i] == row and limit_of[i][1] == name)
      end

      local is_first = is_alike(byte(keys[row], n * KEY + 17), limit[8])
      if not is_named and (is_first or not best) then
        best = n
        if is_first then
          break
        end
      end
    end
  end

  if best then
    local before = sub(keys[row], best * KEY + 1, best * KEY + 16)
    if holds[row] and not holds[row][limit[1]] then
      holds[row][limit[1]], holds[row][before] = holds[row][before], nil
    end

    keys[row] = sub(keys[row], 1, best * KEY) .. limit[1] .. sub(keys[row], best * KEY + 17)
  end

  return best
end
