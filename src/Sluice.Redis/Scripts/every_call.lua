-- One call after another: all limits of a call are read, then all are changed or none.

for _ = 1, calls_left do
  local verb, count, made = unpack('<BBd', argument, at)
  at = at + 10
  local now, terms, meets_held = clock, nil, verb >= RESERVE
  if replays then
    terms = { most = 0, from = 0, cost = 0 }
    if meets_held then
      terms.most, terms.from, terms.cost, terms.id, terms.caller, terms.in_turn = unpack('<dddc16c16B', argument, at)
      at = at + RESERVATION
    end
  end

  for i = 1, count do
    local row, index, log = unpack('<I2I2I2', argument, at)
    at = at + 6
    row_of[i], limit_of[i], log_of[i] = row, limits[index], KEYS[log]
    meets_held = meets_held or (holds[row] and next(holds[row]) ~= nil)
    if lasts[row] > now then
      now = lasts[row] -- The server's clock has stepped back; until it has caught up no time passes.
    end
  end

  -- Look at all of them.
  local allowed = true
  for i = 1, count do
    local limit, row = limit_of[i], row_of[i]
    local algorithm = algorithms[limit[8]]
    local is_slots = limit[8] == SLOTS
    local n = not is_slots and find_bucket(row, limit[1])
    if not n and not is_slots and (verb ~= RESET or limit[3] % 4 < 2) then -- A reset may name one rate of several.
      n = adopt(row, limit, count)
    end

    local numbers, state, admitted, log = limit[2], NEW, nil, nil
    if n then
      numbers, state = sub(keys[row], n * KEY + 17, (n + 1) * KEY), sub(states[row], n * STATE + 1, (n + 1) * STATE)
    end

    if is_slots then
      local running = slots.running(log_of[i])
      state, admitted = pack('<dd', 0, running), running < limit[4]
    elseif limit[8] == LOG then
      log = algorithm.read(limit, numbers, state, log_of[i], now)
      admitted = log[1] + limit[6] <= limit[5]
    else
      if numbers ~= limit[2] then
        state = is_alike(byte(numbers), limit[8]) and algorithm.convert(limit, numbers, state, now) or NEW
      end

      admitted = algorithm.admits(limit, now, state)
    end

    admitted = admitted and limit[3] < 4
    found[i], logs[i], admits[i] = state, log, admitted
    allowed = allowed and (admitted or limit[3] % 2 == 1)
  end

  -- Change all of them or none.
  if meets_held then
    replies = replies + 1
    reply[replies] = answer_held(verb, count, now, made, terms)
  elseif verb == CHARGE or (verb == ACQUIRE and allowed) then
    for i = 1, count do
      local limit = limit_of[i]
      if limit[8] == SLOTS then
        if verb == ACQUIRE then -- A permissive limit counts the call, too, when no slot is free.
          slots.take(limit, log_of[i], made)
        end
      elseif admits[i] or verb == CHARGE then -- Else a permissive limit without the tokens.
        local state
        if logs[i] then
          state = algorithms[LOG].charge(logs[i], limit, log_of[i], now)
        else
          state = algorithms[limit[8]].charge(limit, now, found[i])
        end

        write(row_of[i], limit, state)
        lasts[row_of[i]] = now
        if verb == CHARGE then
          found[i] = state
        end
      end
    end
  elseif verb > PEEK then
    for i = 1, count do
      local limit, state = limit_of[i], found[i]
      if limit[8] ~= SLOTS then -- The calls that hold slots still run.
        if verb == RESET then
          state = NEW
          if logs[i] then
            call('DEL', log_of[i])
          end
        elseif not logs[i] then
          state = algorithms[limit[8]].refund(limit, now, made, state)
        elseif verb == REFUND or logs[i][2] == made then
          state = algorithms[LOG].refund(logs[i], limit, log_of[i])
        end

        rewrite(row_of[i], limit, state)
        lasts[row_of[i]] = now
        found[i] = state
      end
    end
  end

  if not meets_held then
    replies = replies + 1
    reply[replies] = pack('<Bd', allowed and 1 or 0, now)
  end

  for i = 1, meets_held and 0 or count do
    replies = replies + 1
    local log = logs[i]
    if not log then
      reply[replies] = found[i]
    elseif verb <= PEEK then
      reply[replies] = pack('<ddd', log[1], admits[i] and 0 or algorithms[LOG].opens(log, limit_of[i], log_of[i]), log[2])
    else
      local used, newest = unpack('<dd', found[i])
      reply[replies] = pack('<ddd', used, 0, newest)
    end
  end
end
