/**
 * SQL of `whole + rest / of` rounded half to even, as `roundHalfEven` of core/money.ts: `whole` is the quotient cut towards
 * zero, `rest` what it left, with the sign of the amount, `of` the divisor, above zero. Bigints or numerics; null gives null.
 */
export const halfEven = ({
  whole,
  rest,
  of,
}: {
  readonly whole: string;
  readonly rest: string;
  readonly of: string;
}): string =>
  `(${whole} + case when abs(${rest}) * 2 > ${of} or (abs(${rest}) * 2 = ${of} and (${whole}) % 2 <> 0) then case when ${rest} < 0 then -1 else 1 end else 0 end)`;

/** SQL of the numerics n / d rounded half to even, for d above zero. */
export const fractionHalfEven = (n: string, d: string): string =>
  halfEven({ whole: `div(${n}, ${d})`, rest: `mod(${n}, ${d})`, of: d });
