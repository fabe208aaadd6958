-- A delivery of usual size (2 kB) stays in its row as it is: compressing it took a third of the time that storing it takes,
-- and an acknowledgement waits for that. Its body is dropped after 7 days.
alter table delivery set (toast_tuple_target = 8160);
