-- Tickets worked on and orders returned on several days, written likewise: a row for each pair of days instead of one for each cell of it.
create table rollup_again_written (
  day date not null,
  before date not null,
  cells text not null
);

insert into rollup_again_written (day, before, cells)
select day, before, string_agg(line, E'\n' order by line)
  from (select day, before, to_json(array[nullif(partner, ''), nullif(region, '')])::text || E'\t' || concat_ws(' ',
               coalesce(sum(ppm) filter (where what = 'work'), 0), coalesce(sum(ppm) filter (where what = 'return'), 0)) as line
          from rollup_again group by day, before, partner, region) cell
 group by day, before;

drop table rollup_again;
alter table rollup_again_written rename to rollup_again;
alter table rollup_again add constraint rollup_again_pkey primary key (day, before);

-- Which of them began before a day and lie on or after it.
create index rollup_again_over on rollup_again using gist (daterange(before, day));
