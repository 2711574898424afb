local keys, states, lasts, fulls, changed, expiry_may_shrink, holds = {}, {}, {}, {}, {}, {}, {}
local is_ahead, replays = false, is_plain >= 3

-- What lies behind the states of a row that holds calls: of each bucket its name, when it is full again, and its reservations.
local function holds_in(text, place)
  local all = {}
  while place <= #text do
    local name, full, count = unpack('<c16dI4', text, place)
    place = place + 28 + count * HELD
    all[name] = { full = full, text = sub(text, place - count * HELD, place - 1) }
  end

  return all
end

for i = 1, row_count do
  local row = call('GET', KEYS[i])
  if row then
    local format, first, count = byte(row), 2, (#row - HEADER) / (KEY + STATE)
    if format == FORMAT_HELD then
      first, count = 4, unpack('<I2', row, 2)
      holds[i], replays, is_plain = holds_in(row, first + count * (KEY + STATE) + HEADER - 1), true, 0
    elseif format ~= FORMAT or count % 1 ~= 0 or count < 1 then
      return pack('<BI2', 255, i)
    end

    local head = KEY * count + first
    keys[i], states[i] = sub(row, first, head - 1), sub(row, head + STATE, head + STATE * (count + 1) - 1)
    lasts[i], fulls[i] = unpack('<dd', row, head)
    is_ahead = is_ahead or lasts[i] > clock
  else
    keys[i], states[i], lasts[i], fulls[i] = '', '', 0, 0
  end
end
