import type { ComponentProps } from 'react';

const VARIANTS = {
  primary:
    'border-transparent bg-primary text-primary-foreground not-aria-disabled:hover:bg-primary-hover',
  secondary: 'border-input text-foreground not-aria-disabled:hover:bg-accent',
};

const SIZES = {
  sm: 'min-h-9 px-3 text-sm',
  md: 'min-h-11 px-4 text-base',
};

type ButtonProps = ComponentProps<'button'> & {
  variant?: keyof typeof VARIANTS;
  size?: keyof typeof SIZES;
};

/**
 * A push button that takes every attribute of `<button>`.
 * Use `aria-disabled` while an action runs: `disabled` would drop the keyboard focus.
 * `className` is for placing it (margin, width); it does not override the variant.
 */
export function Button({
  variant = 'primary',
  size = 'md',
  type = 'button',
  className = '',
  ...props
}: ButtonProps) {
  return (
    <button
      data-slot="button"
      type={type}
      className={`cursor-pointer rounded-lg border font-medium motion-safe:transition aria-disabled:cursor-progress aria-disabled:opacity-60 ${VARIANTS[variant]} ${SIZES[size]} ${className}`}
      {...props}
    />
  );
}
