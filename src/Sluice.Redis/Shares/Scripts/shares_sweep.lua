-- Looks at some records. Deletes those that are full, have no processes, and were not used for a time.

local IDLE = 10000000
local scan = call('HSCAN', key, cursor, 'COUNT', visits)
cursor = scan[1]
for i = 1, #scan[2], 2 do
  local field = scan[2][i]
  if byte(field) == 36 then
    local record = read(sub(field, 2))
    if record and clock - math.max(record.at, opened) >= math.max(IDLE, 4 * record.fill) then
      settle(record)
      if #record.entries == 0 and record.level == PARTS * record.fill and record.over == 0 then
        call('HDEL', key, field)
      end
    end
  end
end
