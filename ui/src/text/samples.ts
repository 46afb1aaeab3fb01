// Files to try a completion in, each with the cursor at a gap that a model should fill.

import type { TrialFile } from '../api/TrialFile'

const sample = (name: string, marked: string): TrialFile => ({
  name,
  text: marked.replace('‸', ''),
  cursor: marked.indexOf('‸'),
})

export const SAMPLES: TrialFile[] = [
  sample(
    'invoice.rb',
    `# frozen_string_literal: true

class Invoice
  attr_reader :lines, :customer

  def subtotal
    lines.sum(&:amount)
  end

  def total_with_tax(rate)
    tax = ‸
  end

  def overdue?(today = Date.current)
    due_on < today && !paid?
  end
end
`,
  ),
  sample(
    'basket.py',
    `from dataclasses import dataclass, field
from decimal import Decimal


@dataclass
class Basket:
    lines: list["Line"] = field(default_factory=list)
    discount: Decimal = Decimal("0")

    def subtotal(self) -> Decimal:
        return sum((line.amount for line in self.lines), Decimal("0"))

    def total(self, rate: Decimal) -> Decimal:
        """The subtotal less the discount, with tax, to the cent."""
        ‸

    def is_empty(self) -> bool:
        return not self.lines
`,
  ),
  sample(
    'retry.go',
    `package retry

import (
	"context"
	"time"
)

// Do calls work until it succeeds, at most attempts times, with a pause that doubles.
func Do(ctx context.Context, attempts int, pause time.Duration, work func(context.Context) error) error {
	var err error
	for attempt := 0; attempt < attempts; attempt++ {
		if err = work(ctx); err == nil {
			return nil
		}
		‸
	}
	return err
}
`,
  ),
]

/** Whether a file is one of them, with nothing written into it. */
export const isSample = ({ name, text }: TrialFile): boolean =>
  SAMPLES.some((one) => one.name === name && one.text === text)
