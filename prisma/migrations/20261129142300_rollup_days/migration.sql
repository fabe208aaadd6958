-- How often a day, or of pooled rates a month, was marked before it was last added up, and when that was. With the marks that
-- it has now they are all it ever had: the same number later means that nothing on it changed in between.
create table rollup_day (
  book text not null,
  day date not null,
  marks bigint not null,
  added_at timestamptz(6) not null,
  constraint rollup_day_pkey primary key (book, day)
);
