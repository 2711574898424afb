local keys, states, lasts, fulls, changed, eased = {}, {}, {}, {}, {}, {}
local is_ahead = false
for i = 1, row_count do
  local row = call('GET', KEYS[i])
  if row then
    local count = (#row - HEADER) / (KEY + STATE)
    local head = KEY * count + 2
    if count % 1 ~= 0 or count < 1 or byte(row) ~= FORMAT then
      return pack('<BI2', 255, i)
    end

    keys[i], states[i] = sub(row, 2, head - 1), sub(row, head + STATE)
    lasts[i], fulls[i] = unpack('<dd', row, head)
    is_ahead = is_ahead or lasts[i] > clock
  else
    keys[i], states[i], lasts[i], fulls[i] = '', '', 0, 0
  end
end
