import { fractionHalfEven } from '../../platform/database/half-even.ts';

/** What of an order's lines is a share's: its partner's own, and by ppm those of whoever has no share. It is known where each tells its cost. */
const weights = `
  select s.share_no, s.partner,
         coalesce(sum(l.cost_micros) filter (where l.owned), 0) * 1000000 + coalesce(sum(l.cost_micros) filter (where not l.owned), 0) * s.ppm as weight
    from order_share s
    join lateral (
      select l.partner, l.cost_micros,
             exists (select from order_share o where o.order_id = p.id and o.partner is not distinct from l.partner) as owned
        from order_line l where l.order_id = p.id) l on not l.owned or l.partner is not distinct from s.partner
   where c.by_line_cost and s.order_id = p.id
   group by s.share_no, s.partner, s.ppm having bool_and(l.cost_micros is not null)`;

/** Of these shares together, x / d exactly, before it is rounded. An order that brought nothing lost what it cost, and a refund of it takes nothing back. */
const wholeMargin = `
  select case when p.revenue <> 0 then p.whole * (p.revenue * 1000000::numeric - w.all_weights) * sign(p.revenue::numeric)
              when p.sign = 1 then -w.all_weights * p.fx_numerator else p.whole::numeric end as x,
         case when p.revenue <> 0 then abs(p.revenue * 1000000::numeric) when p.sign = 1 then 1000000::numeric * p.fx_denominator else 1::numeric end as d`;

/**
 * SQL of `margin.cost`: what the goods of a part p of an order or a refund cost where the choice c says so, in micros of the
 * reporting currency; null where one of its lines tells no cost. A cost of 0 is one that was never entered, of a free gift
 * too. The margin of all parts that know theirs is rounded once and the cost dealt out by the rule of `split` of
 * core/money.ts: parts add up to the order's margin, and a full refund takes back of each what it brought.
 */
export const joinLineCost = `
  left join lateral (
    select m.cost from (
      select o.share_no, sign(o.cost) * (o.least + (row_number() over (
               order by o.rest desc, o.weight desc, o.partner is null, o.partner collate "C") <= abs(o.cost) - sum(o.least) over ())::int) as cost
        from (
          select w.share_no, w.partner, w.weight, k.cost,
                 coalesce(div(abs(k.cost) * w.weight, nullif(w.all_weights, 0)), 0) as least, mod(abs(k.cost) * w.weight, nullif(w.all_weights, 0)) as rest
            from (select *, sum(weight) over () as all_weights from (${weights}) known) w
           cross join lateral (${wholeMargin}) x
           cross join lateral (select p.whole - ${fractionHalfEven('x.x', 'x.d')} as cost) k) o) m
     where m.share_no = p.share_no) margin on true`;
