-- The allocator of shares: who has which parts of the divided buckets of one lane, and what is left in their remainders.
--
-- KEYS[1]  a hash, all that is known of the lane. If it is lost, all of it is lost, and a new epoch begins. Its fields:
--            '@'          u8 format, u8 1 while the epoch waits, 16 bytes epoch (f64 the clock at its start, 8 bytes process), f64 the
--                         clock when it began to decide, the cursor of the sweep and a space, the name of the server's life
--            '#'          of each process: 8 bytes id, f64 number of its last message, f64 the clock when it has ended, or -1
--            '=' id       the reply to the last message of a process
--            '$' bucket   f64 fill, token, level of the remainder, the clock as of which, the clock at the last reset, units used
--                         beyond what the remainder holds; then of each process that has parts or demand: 8 bytes id, u16 parts, u16 parts
--                         wished, u8 1 when short, f64 demand, f64 fill, f64 token
-- ARGV[1]  packed, little-endian: u8 verb, 8 bytes id of the process, then
--            1 sync       f64 number, 16 bytes epoch that has waited, u16 items, u16 processes whose number has not changed;
--                         of each process: 8 bytes id, f64 number, u8 1 when it has ended;
--                         of each item: u8 length and name of the bucket, 16 bytes epoch, f64 fill, f64 token, u16 parts in use,
--                         f64 level returned, u16 parts wished, f64 demand, u8 1 when short
--            2 acquire, 3 charge, 4 refund, 5 reset, 6 peek, of the remainder:
--                         u8 length and name of the bucket, f64 fill, f64 token, f64 units
-- Returns  packed:
--            1            u8 status (0 ignored, 1 applied, 2 the process has ended), f64 number, 16 bytes epoch, u8 1 while it waits,
--                         f64 clock, u16 items; of each: u16 parts, u8 flags (1 gone, 2 others are short, 4 others starve), f64 level,
--                         u16 parts of the remainder, f64 its level, f64 demand of all, f64 the clock at the last reset;
--                         of each process: 8 bytes id, f64 number, u8 1 when it has ended
--            2 to 6       u8 status (0 rejected, 1 done, 2 the epoch waits), f64 clock, f64 units that were moved, u16 parts of the
--                         remainder, f64 its level
--            255 and nothing else when the hash was not written by this version; then nothing was written.
--
-- A bucket has 4096 parts. A unit is what a part refills in a microsecond, so n parts refill n units in a microsecond and hold n times
-- the fill, which is in microseconds. A token has units, too. Every number is a whole one below 2^53, but for demands.
-- No clock ends a share: a process ends when another one names the number that it has seen for the TTL.

-- include constants

-- include exact_numbers

-- include shares_lane

-- include shares_record

if verb == SYNC then
  -- include shares_sync
end

-- include shares_remainder
