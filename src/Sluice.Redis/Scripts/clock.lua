-- The server's clock, in microseconds since 1970: the only clock that any replica counts by.
local time = redis.call('TIME')
local clock = time[1] * 1000000 + time[2]

-- The earliest instant at which a key may expire, in milliseconds since 1970: as soon as all of its buckets are full.
local horizon = 0

