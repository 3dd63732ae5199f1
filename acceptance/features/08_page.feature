Feature: The page
  One page says whether the API is up. It asks when it opens, and again when its button is pressed.

  @S5-success @browser @node
  Rule: When the API is up, the page says "status: ok"
    Scenario Outline: <command>, opened at <address>
      Given the stack is running
      When the page of <command> is opened at <address>
      Then the page shows "status: ok"
      And the console of the browser is empty

      Examples:
        | command         | address               |
        | npm run dev     | http://localhost:5173 |
        | npm run preview | http://127.0.0.1:5173 |

  @S5-error @browser @node
  Rule: When the request fails, the page says so and what to look at
    Scenario: The API does not allow the page's origin
      Given an API that lets no page read its answer
      When the page is opened at http://127.0.0.1:5173
      Then the page shows "Error: cannot reach the API Is it running at http://localhost:8000 (VITE_API_BASE_URL), and does it allow http://127.0.0.1:5173 (CORS_ORIGINS)?"
      When the API answers status: ok
      And "Check again" is pressed
      Then the page shows "status: ok"

  @S5-base-url @browser @node
  Rule: VITE_API_BASE_URL says where the API is; without it, that is http://localhost:8000
    Scenario: It is not set
      Given an API that answers status: ok
      When the page is opened
      Then the page shows "status: ok"
      And the page has sent requests to http://localhost:8000 only

    @all
    Scenario: It is set in frontend/.env.local
      Given an API that answers status: ok
      When the page built with VITE_API_BASE_URL=https://api.example:9000 in its .env.local is opened
      Then the page shows "status: ok"
      And the page has sent requests to https://api.example:9000 only
