-- Sums of whole numbers as such. `sum` of bigint counts in numeric, whose making and printing took half of a report's time. One
-- that leaves the range of bigint is refused.
create aggregate add_up(bigint) (sfunc = int8pl, stype = bigint, combinefunc = int8pl, parallel = safe);
