local function expiry(full)
  return whole(math.max(ceil(full / 1000), horizon))
end

-- The quotient and the rest of a * b / c, exactly, for a <= c < 2^49 and b < 2^49.
local function muldiv(a, b, c)
  local product = (a + 0.0) * b -- In Lua 5.4 a product of two integers would wrap.
  if product <= MOST then
    local rest = math.fmod(product, c)
    return (product - rest) / c, rest
  end

  local quotient, rest, digit = 0, 0, 281474976710656 -- 8^16; the digits have 3 bits
  while digit >= 1 do
    local d = floor(b / digit)
    b = b - d * digit
    local sum = rest * 8 + a * d
    rest = math.fmod(sum, c)
    quotient = quotient * 8 + (sum - rest) / c
    digit = digit / 8
  end

  return quotient, rest
end
