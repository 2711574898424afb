local reply, replies = {}, 0
local calls_left = call_count

local seen = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 } -- As many as four limits need, at once.
while (is_plain == 1 or is_plain == 4) and calls_left > 0 and not is_ahead do
  local verb, count = byte(argument, at, at + 1)
  local entry, head, allowed = at + 10 + (verb == RESERVE and RESERVATION or 0), replies + 1, true
  for i = 1, count do
    local row, index = unpack('<I2I2', argument, entry)
    local limit = first_limit + index * LIMIT
    local key, permissive, room, room_rest = unpack('<c37Bdd', argument, limit)
    local p = find(keys[row], key, 1, true)
    local full, rest = clock, 0
    local place = -1
    if p then
      place = (p - 1) / KEY * STATE
      if place % 1 ~= 0 then
        is_plain = 0 -- A coincidence in the bytes; section 5 decides.
        break
      end

      local state = sub(states[row], place + 1, place + STATE)
      reply[head + i] = state
      full, rest = unpack('<dd', state)
      if full < clock then
        full, rest = clock, 0
      end
    elseif find(keys[row], sub(key, 1, TARGET), 1, true) then
      is_plain = 0 -- Written under other numbers.
      break
    else
      reply[head + i] = NEW
    end

    local lead = full - clock
    local admitted = lead < room or (lead == room and rest <= room_rest)
    local s = i * 6
    seen[s - 5], seen[s - 4], seen[s - 3], seen[s - 2], seen[s - 1], seen[s] = row, limit, place, full, rest, admitted
    allowed = allowed and (admitted or permissive % 2 == 1)
    entry = entry + 6
  end

  if is_plain == 0 or (verb == RESERVE and not allowed) then
    for i = head, head + count do
      reply[i] = nil
    end

    break
  end

  reply[head] = pack('<Bd', allowed and 1 or 0, clock)
  replies, at, calls_left = head + count, entry, calls_left - 1
  if allowed and verb ~= PEEK then
    for s = 6, count * 6, 6 do
      if seen[s] then -- Else a permissive limit without the tokens.
        local row, limit, place = seen[s - 5], seen[s - 4], seen[s - 3]
        local charge, charge_rest, rate = unpack('<ddd', argument, limit + 54)
        local full, rest = seen[s - 2] + charge, seen[s - 1] + charge_rest
        if rest >= rate then
          full, rest = full + 1, rest - rate
        end

        local all = states[row]
        if place < 0 then
          keys[row] = keys[row] .. sub(argument, limit, limit + KEY - 1)
          states[row] = all .. pack('<dd', full, rest)
          changed[row] = 2
        else
          states[row] = sub(all, 1, place) .. pack('<dd', full, rest) .. sub(all, place + STATE + 1)
          changed[row] = changed[row] or 1
        end

        if rest > 0 then
          full = full + 1
        end

        lasts[row] = clock
        if full > fulls[row] then
          fulls[row] = full
        end
      end
    end
  end
end
