-- What the ECB published, where a rate of one's own stands in its place: taking that one away gives it back.
alter table fx_rate add column ecb_rate numeric;
