-- One call, of up to four token buckets that are all in their rows or whose rows are new. It makes as few strings as it can: most
-- of a script's time goes to making them and to their garbage.
while (is_plain == 1 or is_plain == 4) and call_count == 1 do
  local verb, count = byte(argument, at, at + 1)
  local texts, sizes = { false, false, false, false }, { 0, 0, 0, 0 }
  if count > 4 then
    break
  end

  for i = 1, row_count do
    local text = call('GET', KEYS[i])
    if text then
      local size = (#text - HEADER) / (KEY + STATE)
      if size % 1 ~= 0 or byte(text) ~= FORMAT or unpack('<d', text, KEY * size + 2) > clock then
        break
      end

      texts[i], sizes[i] = text, size
    else
      sizes[i] = -1
    end
  end

  -- Of each limit: row, place of the state, state before, state after (0 when it is not charged), key.
  local seen = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }
  local allowed, entry, s = true, at + 10 + (verb == RESERVE and RESERVATION or 0), 0
  for _ = 1, count do
    local row, index = unpack('<I2I2', argument, entry)
    local key, permissive, room, room_rest, charge, charge_rest, rate =
      unpack('<c37Bddddd', argument, first_limit + index * LIMIT)
    local text, size, place, full, rest = texts[row], sizes[row], 0, 0, 0
    if text then
      local p = find(text, key, 2, true)
      local n = p and (p - 2) / KEY or size
      if n >= size or n % 1 ~= 0 then
        s = -1 -- It is to be added, or was written under other numbers.
        break
      end

      place = KEY * size + STATE * n + 18
      full, rest = unpack('<dd', text, place)
    elseif size == 0 then
      s = -1 -- The row was not read: something is odd about it, or about one before it.
      break
    end

    seen[s + 1], seen[s + 2], seen[s + 3], seen[s + 4], seen[s + 7] = row, place, full, rest, key
    if full < clock then
      full, rest = clock, 0
    end

    local lead = full - clock
    if lead < room or (lead == room and rest <= room_rest) then
      rest = rest + charge_rest
      if rest >= rate then
        full, rest = full + 1, rest - rate
      end

      seen[s + 5], seen[s + 6] = full + charge, rest
    elseif permissive % 2 == 0 then
      allowed = false
    end

    entry, s = entry + 6, s + 7
  end

  if s < 0 or (verb == RESERVE and not allowed) then
    break
  end

  if allowed and verb ~= PEEK then
    for row = 1, row_count do
      local text, size, first, second, more = texts[row], sizes[row], nil, nil, false
      local full = text and unpack('<d', text, KEY * size + 10) or 0
      for i = 0, count * 7 - 1, 7 do
        if seen[i + 1] == row and seen[i + 5] > 0 then -- Else of another row, or a permissive limit without the tokens.
          local bucket_full = seen[i + 6] > 0 and seen[i + 5] + 1 or seen[i + 5]
          if bucket_full > full then
            full = bucket_full
          end

          if not first then
            first = i
          elseif not second then
            second = i
          else
            more = true
          end
        end
      end

      local expiry = ceil(full / 1000)
      if expiry < horizon then
        expiry = horizon
      end

      if first and not text then
        local name, row_text = seen[first + 7], nil
        if not second then
          row_text = pack('<Bc37dddd', FORMAT, name, clock, full, seen[first + 5], seen[first + 6])
        elseif not more then
          row_text = pack('<Bc37c37dddddd', FORMAT, name, seen[second + 7], clock, full, seen[first + 5], seen[first + 6],
            seen[second + 5], seen[second + 6])
        else
          local names, levels = '', ''
          for i = first, count * 7 - 1, 7 do
            if seen[i + 1] == row and seen[i + 5] > 0 then
              names, levels = names .. seen[i + 7], levels .. pack('<dd', seen[i + 5], seen[i + 6])
            end
          end

          row_text = pack('<B', FORMAT) .. names .. pack('<dd', clock, full) .. levels
        end

        call('SET', KEYS[row], row_text)
      elseif first and size == 1 then
        call('SETRANGE', KEYS[row], '38', pack('<dddd', clock, full, seen[first + 5], seen[first + 6]))
      elseif size == 2 and second then
        if seen[second + 2] < seen[first + 2] then
          first, second = second, first
        end

        call('SETRANGE', KEYS[row], '75', pack('<dddddd', clock, full, seen[first + 5], seen[first + 6], seen[second + 5],
          seen[second + 6]))
      elseif first then
        call('SETRANGE', KEYS[row], whole(KEY * size + 1), pack('<dd', clock, full))
        for i = first, count * 7 - 1, 7 do
          if seen[i + 1] == row and seen[i + 5] > 0 then
            call('SETRANGE', KEYS[row], whole(seen[i + 2] - 1), pack('<dd', seen[i + 5], seen[i + 6]))
          end
        end
      end

      if first then
        call('PEXPIREAT', KEYS[row], whole(expiry))
      end
    end
  end

  local flag = allowed and 1 or 0
  if count == 1 then
    return pack('<Bddd', flag, clock, seen[3], seen[4])
  elseif count == 2 then
    return pack('<Bddddd', flag, clock, seen[3], seen[4], seen[10], seen[11])
  elseif count == 3 then
    return pack('<Bddddddd', flag, clock, seen[3], seen[4], seen[10], seen[11], seen[17], seen[18])
  end

  return pack('<Bddddddddd', flag, clock, seen[3], seen[4], seen[10], seen[11], seen[17], seen[18], seen[24], seen[25])
end
