// @vitest-environment happy-dom
import { cleanup, render, screen } from '@testing-library/react';
import { createRef } from 'react';
import { afterEach, describe, expect, test } from 'vitest';
import { Button } from './button';

afterEach(cleanup);

/** Renders a button with these properties, and returns its element. */
function button(props: React.ComponentProps<typeof Button> = {}): HTMLButtonElement {
  cleanup();
  render(<Button {...props} />);
  return screen.getByRole('button');
}

describe('Button', () => {
  test('is of type button, and submits a form only when asked to', () => {
    expect(button().type).toBe('button');
    expect(button({ type: 'submit' }).type).toBe('submit');
  });

  test('passes every other property to <button>', () => {
    const ref = createRef<HTMLButtonElement>();
    const element = button({ ref, id: 'save', 'aria-label': 'Save', disabled: true });
    expect(ref.current).toBe(element);
    expect([element.id, element.disabled]).toEqual(['save', true]);
    expect(element.getAttribute('aria-label')).toBe('Save');
    expect(element.dataset.slot).toBe('button');
  });

  test('adds className to its own classes', () => {
    const own = [...button().classList];
    expect([...button({ className: 'mt-4 w-full' }).classList]).toEqual([...own, 'mt-4', 'w-full']);
  });

  test('has classes of its own in each variant and each size', () => {
    const looks = [
      button(),
      button({ variant: 'secondary' }),
      button({ size: 'sm' }),
      button({ variant: 'secondary', size: 'sm' }),
    ].map(({ className }) => className);
    expect(new Set(looks).size).toBe(looks.length);
    expect(looks.join(' ')).not.toContain('undefined');
  });
});
