Feature: Traps
  @S3-brokers
  Rule: Its requirement is on no list
    Scenario: Twice
      Then redis replies PONG to PING
    Scenario: Twice
      Then redis replies PONG to PING
  @S3-broker
  Rule: Its requirement has another Rule
    Scenario Outline: Without rows
      Then redis replies <answer> to PING
      Examples:
        | answer |
    Scenario Outline: Rows of one name
      Then redis replies <answer> to PING
      Examples:
        | answer |
        | PONG   |
        | PANG   |
    Scenario: Nothing is asserted
      When redis demands a password
    Scenario: A step that nobody has defined
      Then redis reply PONG to PING
    Scenario: A table that nobody reads
      Then the row is there
        | 42 |
    Scenario: A table that is not there
      Then pages from these origins may not call the api
    @unknown-tag
    Scenario: Steps that cannot fail
      Then it is two
      And it returns
      And it waits for nothing
      And it looks away
