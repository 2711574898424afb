-- A script that has written once gets no out-of-memory error, so all rows are written or none.
for row, change in pairs(changed) do
  local all_keys, all, full, count = keys[row], states[row], fulls[row], #states[row] / STATE
  if expiry_may_shrink[row] or holds[row] or (change == 2 and count >= SWEPT) then
    -- A bucket that is full again stays while another of its target is in use: without it, its limit would take over the other.
    local kept_keys, kept, used = {}, {}, {}
    full = 0
    for n = 0, count - 1 do
      local key, state = sub(all_keys, n * KEY + 1, (n + 1) * KEY), sub(all, n * STATE + 1, (n + 1) * STATE)
      local bucket_full = full_at(sub(key, 17), state)
      if bucket_full > lasts[row] then
        used[sub(key, 1, TARGET)] = true
        full = math.max(full, bucket_full)
      end
    end

    for name, hold in pairs(holds[row] or {}) do
      if hold.full > lasts[row] then
        used[sub(name, 1, TARGET)] = true
        full = math.max(full, hold.full)
      else
        holds[row][name] = nil
      end
    end

    for n = 0, count - 1 do
      local key = sub(all_keys, n * KEY + 1, (n + 1) * KEY)
      if used[sub(key, 1, TARGET)] then
        kept_keys[#kept_keys + 1], kept[#kept + 1] = key, sub(all, n * STATE + 1, (n + 1) * STATE)
      end
    end

    all_keys, all = table.concat(kept_keys), table.concat(kept)
  end

  local expiry = ceil(full / 1000)
  if expiry < horizon then
    expiry = horizon
  end

  local held = {}
  for name, hold in pairs(holds[row] or {}) do
    held[#held + 1] = pack('<c16dI4', name, hold.full, #hold.text / HELD) .. hold.text
  end

  if #held > 0 then
    call('SET', KEYS[row], pack('<BI2', FORMAT_HELD, #all_keys / KEY) .. all_keys .. pack('<dd', lasts[row], full) .. all .. table.concat(held))
    call('PEXPIREAT', KEYS[row], whole(expiry))
  elseif all == '' then
    call('DEL', KEYS[row])
  elseif change == 1 then
    call('SETRANGE', KEYS[row], whole(1 + #all_keys), pack('<dd', lasts[row], full) .. all)
    call('PEXPIREAT', KEYS[row], whole(expiry))
  else
    call('SET', KEYS[row], pack('<B', FORMAT) .. all_keys .. pack('<dd', lasts[row], full) .. all)
    call('PEXPIREAT', KEYS[row], whole(expiry))
  end
end

return table.concat(reply)
