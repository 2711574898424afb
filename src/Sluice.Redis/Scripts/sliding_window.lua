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

if replays then
  -- The log and the reservations behind it as one window that moves on in time.
  local function window_of(bucket)
    if not bucket.all_times then
      local log, times, costs = bucket.log, {}, {}
      local items = log[1] > 0 and not log[5] and call('LRANGE', bucket.key, whole(log[3]), '-1') or { log[2], log[1] }
      for i = 1, log[1] > 0 and #items or 0, 2 do
        times[#times + 1], costs[#costs + 1] = tonumber(items[i]), tonumber(items[i + 1])
      end

      costs[1] = costs[1] and costs[1] - log[4]
      for i = 1, #bucket.times do
        times[#times + 1], costs[#costs + 1] = bucket.times[i], bucket.costs[i]
      end

      bucket.all_times, bucket.all_costs = times, costs
    end

    return bucket.all_times, bucket.all_costs, bucket.limit[4]
  end

  -- Moves a window on: takes in what is admitted by then, and drops what is a period old.
  local function moved(times, costs, period, used, oldest, next, now)
    while times[next] and times[next] <= now do
      used, next = used + costs[next], next + 1
    end

    while oldest < next and times[oldest] + period <= now do
      used, oldest = used - costs[oldest], oldest + 1
    end

    return used, oldest, next
  end

  -- The first call within a period that would have too little room beside another.
  local function first_broken(times, costs, period, used, oldest, next, now, room)
    local last = next
    while times[last] and times[last] - now < period do
      used, oldest, next = moved(times, costs, period, used, oldest, next, times[last])
      if used > room and costs[last] > 0 then
        return last
      end

      last = math.max(last + 1, next)
    end
  end

  function algorithm.earliest(bucket, now)
    local times, costs, period = window_of(bucket)
    local room, used, oldest, next = bucket.limit[5] - bucket.limit[6], 0, 1, 1
    while true do
      used, oldest, next = moved(times, costs, period, used, oldest, next, now)
      if used > room then
        now = times[oldest] + period
      else
        local broken = first_broken(times, costs, period, used, oldest, next, now, room)
        if not broken then
          return now
        end

        now = times[broken]
      end
    end
  end

  -- Tokens that one call could take now, and when the log is empty again; with a call at an instant, where it is given.
  function algorithm.left(bucket, now, instant, cost)
    local times, costs, period = window_of(bucket)
    if instant then
      local with, of = {}, {}
      for i = 1, #times do
        with[i], of[i] = times[i], costs[i]
      end

      local place = #with + 1
      while place > 1 and with[place - 1] > instant do
        place = place - 1
      end

      table.insert(with, place, instant)
      table.insert(of, place, cost)
      times, costs = with, of
    end

    local most = bucket.limit[5]
    local used, oldest, next = moved(times, costs, period, 0, 1, 1, now)
    local left, last = most - used, next
    while times[last] and times[last] - now < period do
      used, oldest, next = moved(times, costs, period, used, oldest, next, times[last])
      if costs[last] > 0 then
        left = math.min(left, most - used)
      end

      last = math.max(last + 1, next)
    end

    local newest = times[#times]
    return math.max(left, 0), newest and newest + period > now and newest + period or 0
  end

  -- Puts the reservations of a bucket whose instant has come into its log. Returns how many those are.
  function algorithm.charge_due(bucket, now)
    local times, costs, count, log, key, period = bucket.times, bucket.costs, 0, bucket.log, bucket.key, bucket.limit[4]
    while times[count + 1] and times[count + 1] <= now do
      count = count + 1
    end

    if count > 0 then
      local used, newest = log[1], log[2]
      trim_log(log, key)
      for i = 1, count do
        local instant = math.max(times[i], newest)
        if costs[i] > 0 and instant > now - period then
          call('RPUSH', key, whole(instant), whole(costs[i]))
          used, newest = used + costs[i], instant
        end
      end

      bucket.log, bucket.all_times, bucket.is_written = { used, newest, 0, 0, false }, nil, true
      bucket.state = used > 0 and pack('<dd', used, newest) or NEW
      if used > 0 then
        call('PEXPIREAT', key, expiry(newest + period))
      end
    end

    return count
  end
end
