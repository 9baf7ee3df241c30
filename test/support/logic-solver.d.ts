// SPDX-License-Identifier: Apache-2.0
/** The part of logic-solver (MiniSat with formulas) that tests and benchmarks use. */
declare module "logic-solver" {
  interface Formula {
    readonly type: string;
  }
  type Operand = string | Formula;
  interface Bits {
    readonly bits: unknown[];
  }
  interface Solution {
    getTrueVars(): string[];
  }
  class Solver {
    require(...operands: (Operand | Operand[])[]): void;
    solve(): Solution | null;
    solveAssuming(assumption: Operand): Solution | null;
  }
  const Logic: {
    Solver: typeof Solver;
    TRUE: string;
    FALSE: string;
    not(operand: Operand): Operand;
    or(...operands: (Operand | Operand[])[]): Formula;
    and(...operands: (Operand | Operand[])[]): Formula;
    implies(a: Operand, b: Operand): Formula;
    atMostOne(...operands: (Operand | Operand[])[]): Formula;
    exactlyOne(...operands: (Operand | Operand[])[]): Formula;
    weightedSum(formulas: Operand[], weights: number[]): Bits;
    constantBits(wholeNumber: number): Bits;
    lessThanOrEqual(a: Bits, b: Bits): Formula;
  };
  export default Logic;
}
