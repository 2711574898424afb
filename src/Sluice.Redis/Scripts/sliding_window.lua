-- The log of a sliding window. Its state in the row: tokens used, newest instant. Its list has the admitted calls.

local algorithm = {}
algorithms[LOG] = algorithm

-- What counts of a log now, under a limit's numbers: { tokens, newest instant, items before it, tokens of the oldest
-- entry that no longer count, whether the list is gone }.
function algorithm.read(limit, numbers, state, key, now)
  local used, newest = unpack('<dd', state)
  local period, most = limit[4], MOST
  if numbers ~= limit[2] then
    local kind, _, _, old = unpack('<BI4dd', numbers)
    if kind ~= LOG then
      return { 0, 0, 0, 0, false }
    end

    period, most = math.min(period, old), limit[5]
  end

  local since = now - period
  if newest <= since then
    return { 0, 0, 0, 0, false }
  end

  local before = 0
  while true do
    local items = call('LRANGE', key, whole(before), whole(before + 63))
    if #items == 0 then
      return { math.min(used, most), newest, 0, 0, true } -- Evicted: its tokens count as if all were the newest.
    end

    for i = 1, #items, 2 do
      local cost = tonumber(items[i + 1])
      if tonumber(items[i]) > since then
        local excess = used - most
        if excess <= 0 then
          return { used, newest, before, 0, false }
        elseif excess < cost then
          return { most, newest, before, excess, false }
        end
      end

      used = used - cost
      before = before + 2
    end
  end
end

-- The instant at which enough of a log has left.
function algorithm.opens(log, limit, key)
  local excess, before, period = log[1] + limit[6] - limit[5], log[3], limit[4]
  local skipped = log[4]
  while true do
    local items = log[5] and {} or call('LRANGE', key, whole(before), whole(before + 63))
    if #items == 0 then
      return log[2] + period
    end

    for i = 1, #items, 2 do
      excess = excess - (tonumber(items[i + 1]) - skipped)
      skipped = 0
      if excess <= 0 then
        return tonumber(items[i]) + period
      end
    end

    before = before + #items
  end
end

-- Makes the list what was read of it.
local function trim_log(log, key)
  if log[1] == 0 then
    call('DEL', key)
  elseif log[5] then
    call('RPUSH', key, whole(log[2]), whole(log[1]))
  else
    if log[3] > 0 then
      call('LPOP', key, whole(log[3]))
    end

    if log[4] > 0 then
      call('LSET', key, '1', whole(tonumber(call('LINDEX', key, '1')) - log[4]))
    end
  end
end

function algorithm.charge(log, limit, key, now)
  trim_log(log, key)
  if log[1] > 0 and log[2] == now then
    call('LSET', key, '-1', whole(tonumber(call('LINDEX', key, '-1')) + limit[6]))
  else
    call('RPUSH', key, whole(now), whole(limit[6]))
  end

  call('PEXPIREAT', key, expiry(now + limit[4]))
  return pack('<dd', log[1] + limit[6], now)
end

function algorithm.refund(log, limit, key)
  local left = limit[6]
  if left >= log[1] then
    call('DEL', key)
    return NEW
  end

  trim_log(log, key)
  local used = log[1] - left
  while left > 0 do
    local cost = tonumber(call('LINDEX', key, '-1'))
    if cost > left then
      call('LSET', key, '-1', whole(cost - left))
    else
      call('RPOP', key, '2')
    end

    left = left - math.min(left, cost)
  end

  local newest = tonumber(call('LINDEX', key, '-2'))
  call('PEXPIREAT', key, expiry(newest + limit[4]))
  return pack('<dd', used, newest)
end
