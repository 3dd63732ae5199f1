Feature: The page's tools
  How the page is served, what it is made of, and what it weighs: nothing that needs a browser.

  @S5-served @node @anywhere
  Rule: The page stands on 127.0.0.1:5173, the origin that the API allows, or not at all

    Scenario Outline: <command>
      Then <command> is set to stand on 127.0.0.1, port 5173, and on no other
      When <command> is started on a port that is taken
      Then it ends at once and says that the port is already in use

      Examples:
        | command         |
        | npm run dev     |
        | npm run preview |

  @S5-parts @node @anywhere
  Rule: Components are made of Button, in src/components/ui, and of Tailwind's classes, with the colours of src/index.css

    Scenario: A new button, in a new colour
      Given a copy of the project with the frontend installed
      And its frontend/src/index.css also has "@theme { --color-new: #123456; }"
      And its frontend/src/main.tsx also has "import { Button } from './components/ui/button';"
      And its frontend/src/main.tsx also has "export const a = <Button variant="secondary" size="sm" type="submit" form="f" className="bg-new" />;"
      When "npm run build" is run in the frontend of that copy
      Then they succeed and say "built in"
      And the styles of the page built there have ".bg-new{"
      And a button of that copy is of type button, unless it is to submit
      And its classes are others in another variant or size, and more with a className

  @S5-small @node @anywhere
  Rule: The page is React and little else

    Scenario: What the browser loads, and what a newcomer has to read
      Then the page's JavaScript is at most 1.05 times that of an empty React page
      And the page's dependencies are exactly react and react-dom
      And frontend/src has fewer than 300 lines
