using Orchestration.Core.Configuration;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Configuration;

/// <summary>What is told of a bad <c>orchestration.yaml</c>: file and line, option, value, cure; and never a key.</summary>
public sealed class ConfigurationProblemTests
{
    private const string Key = "sk-proj-0123456789abcdefghij";

    [Fact]
    public void Everything_that_is_wrong_is_told_at_once_in_the_order_of_the_file()
    {
        var lines = Problems("""
            deployments:
              gpt-mini:
                endpoint: api.example/v1
                model: gpt-4.1-mini
                timeout-seconds: 0
                attempts: many
                concurency: 4
            judge-sets:
              quick: [relevance, truthfulness@gpt-min]
            rubric: [./x]
            """);

        lines.ShouldBe([
            "orchestration.yaml:3: deployments.gpt-mini.endpoint is 'api.example/v1'; it is an http or https address. Write an address like https://api.example/v1.",
            "orchestration.yaml:5: deployments.gpt-mini.timeout-seconds is '0'; it is a number of seconds from 0.001 to 3600.",
            "orchestration.yaml:6: deployments.gpt-mini.attempts is 'many'; it is a whole number of attempts from 1 to 20.",
            "orchestration.yaml:7: deployments.gpt-mini has an unknown key 'concurency'. Known here: attempts, batch, endpoint, endpoints, identity, identity-client-id, image-tokens, images, json, key-env, key-header, kind, limits, longest-retry-wait-seconds, max-output-tokens, model, output-limit-parameter, prices, reasoning-effort, reasoning-model, served-as, temperature, timeout-seconds, token-scope.",
            "orchestration.yaml:9: judge-sets.quick names the judge 'truthfulness@gpt-min', but no deployment is called 'gpt-min'. Did you mean 'gpt-mini'?",
            "orchestration.yaml:10: the file has an unknown key 'rubric'. Did you mean 'rubrics'?",
        ]);
    }

    [Theory]
    [InlineData("kind: opnai", 4, "kind is 'opnai'; it is one of openai, azure-openai, reward. Did you mean 'openai'?")]
    [InlineData("json: yes", 4, "json is 'yes'; it is one of schema, object, text.")]
    [InlineData("temperature: 3", 4, "temperature is '3'; it is a temperature from 0 to 2.")]
    [InlineData("temperature: NaN", 4, "temperature is 'NaN'")]
    [InlineData("temperature: 0,5", 4, "temperature is '0,5'")]
    [InlineData("reasoning-model: yes", 4, "reasoning-model is 'yes'; it is true or false.")]
    [InlineData("limits: {concurrency: 0}", 4, "limits.concurrency is '0'; it is a whole number of calls in flight from 1 to 4096.")]
    [InlineData("limits: {requests-per-minute: 0}", 4, "limits.requests-per-minute is '0'; it is a whole number of requests a minute from 1 to 2147483647.")]
    [InlineData("limits: {tokens-charged: used}", 4, "limits.tokens-charged is set without tokens-per-minute.")]
    [InlineData("endpoints: [{endpoint: 'http://x/v1'}]", 3, "endpoint and endpoints are both set.")]
    [InlineData("identity: manged", 4, "identity is 'manged'; it is one of default, managed, workload, environment, azure-cli. Did you mean 'managed'?")]
    [InlineData("token-scope: https://ai.azure.com/.default", 4, "token-scope is set without identity")]
    [InlineData("reasoning-effort: low", 4, "reasoning-effort is set for a model that is not said to reason.")]
    [InlineData("limits: 5", 4, "limits is a single value; it is a block of keys. Write '{concurrency: 64, requests-per-minute: 6000, tokens-per-minute: 1000000}'.")]
    [InlineData("prices: {input: 1}", 4, "prices.output is missing. Write the price of completion tokens in US dollars per million tokens.")]
    [InlineData("prices: {input: -1, output: 1}", 4, "prices.input is '-1'; it is US dollars per million tokens from 0 to 100000, written like 0.40.")]
    [InlineData("prices: {input: 1, output: 1, reasonning: 2}", 4, "prices has an unknown key 'reasonning'. Did you mean 'reasoning'?")]
    [InlineData("attempts: [1]", 4, "attempts is a list; it takes a single value.")]
    [InlineData("attempts:", 4, "attempts has no value.")]
    [InlineData("attempts: null", 4, "attempts has no value.")]
    [InlineData("price-per-call: 1", 4, "price-per-call is an option of 'kind: reward' only.")]
    [InlineData("key-header: api-key", 4, "key-header is set without key-env")]
    [InlineData("key-env: my-key", 4, "key-env is not the name of an environment variable")]
    [InlineData("timeout-secs: 5", 4, "unknown key 'timeout-secs'. Did you mean 'timeout-seconds'?")]
    public void One_wrong_option_is_told_with_value_unit_and_range(string line, int number, string words)
    {
        var problem = Problems($"deployments:\n  a: # two lines that are right\n    endpoint: http://h/v1\n    {line}\n    model: m").ShouldHaveSingleItem();

        problem.ShouldStartWith($"orchestration.yaml:{number}: deployments.a");
        problem.ShouldContain(words);
    }

    [Theory]
    [InlineData("deployments:\n  a: {model: m}", "orchestration.yaml:2: deployments.a.endpoint is missing.")]
    [InlineData("deployments:\n  a: {endpoint: \"http://h/v1\"}", "orchestration.yaml:2: deployments.a.model is missing.")]
    [InlineData("deployments:\n  a: {endpoint: \"http://h/v1\", model: {publisher: p}}", "deployments.a.model.name is missing.")]
    [InlineData("deployments:\n  a: {endpoint: \"ftp://h/v1\", model: m}", "it is an http or https address")]
    [InlineData("deployments:\n  a: {endpoint: \"http://h/v1/chat/completions\", model: m}", "Leave that part off.")]
    [InlineData("deployments:\n  a@b: {endpoint: \"http://h/v1\", model: m}", "deployments has the name 'a@b'.")]
    [InlineData("deployments: [a]", "deployments is a list; it is a block of keys.")]
    [InlineData("deployments:\n  a: 5", "deployments.a is a single value; it is a block of keys. It needs at least 'endpoint' and 'model'.")]
    [InlineData("deployments:\n  r: {kind: reward, endpoint: \"http://h/r\", model: m, json: text}", "deployments.r.json is an option of 'kind: openai' only.")]
    [InlineData("deployments:\n  o: {endpoint: \"http://h/v1\", model: m, reasoning-model: true, temperature: 0}", "deployments.o.temperature is set for a reasoning model")]
    [InlineData("judge-sets: {quick: []}", "judge-sets.quick is empty.")]
    [InlineData("judge-sets: {quick: [a, b, a]}", "judge-sets.quick names 'a' twice.")]
    [InlineData("judge-sets: {quick: [a@b]}", "Add it under 'deployments'.")]
    [InlineData("judge-sets: {quick: {a: b}}", "judge-sets.quick is a block of keys; it is a list.")]
    [InlineData("rubrics: [./does-not-exist]", "rubrics names the folder './does-not-exist', which does not exist")]
    [InlineData("judge-scales: {old: {min: 5, max: 1}}", "judge-scales.old.max is 1, which is not greater than min 5.")]
    [InlineData("judge-scales: {old: {max: 1}}", "judge-scales.old.min is missing.")]
    [InlineData("judge-scales: {old: {min: 0, max: 1, direction: up}}", "it is one of higher-is-better, lower-is-better.")]
    [InlineData("- a\n- b", "the file is not a block of keys.")]
    [InlineData("just words", "the file is not a block of keys.")]
    [InlineData("a: 1\n---\nb: 2", "orchestration.yaml:3: a second document begins")]
    [InlineData("deployments:\n  a: {endpoint: \"x\n", "this is not YAML")]
    [InlineData("deployments:\n\ta: 1", "this is not YAML at column")]
    [InlineData("rubrics: [a]\nrubrics: [b]", "(a key stands twice)")]
    public void A_wrong_shape_is_told_with_its_cure(string yaml, string words) => Problems(yaml).ShouldContain(problem => problem.Contains(words, StringComparison.Ordinal));

    [Theory]
    [InlineData("key: " + Key)]
    [InlineData("api-key: " + Key)]
    [InlineData("token: abc")]
    [InlineData("key-env: " + Key)]
    [InlineData("key-env: 9f86d081884c7d659a2feaa0c55ad015")]
    [InlineData("served-as: " + Key)]
    [InlineData("kind: " + Key)]
    [InlineData("attempts: Bearer abcdefghijklmnop")]
    [InlineData(Key + ": 1")]
    [InlineData("key-env: {" + Key + ": 1}")]
    public void A_key_in_the_file_is_refused_and_not_repeated(string line)
    {
        var problems = Problems($"deployments:\n  a:\n    endpoint: http://h/v1\n    model: m\n    {line}");

        problems.ShouldNotBeEmpty();
        foreach (var problem in problems)
        {
            problem.ShouldStartWith("orchestration.yaml:5: ");
            problem.ShouldNotContain("sk-proj");
            problem.ShouldNotContain("9f86d081");
            problem.ShouldNotContain("abcdefghijklmnop");
        }
    }

    [Theory]
    [InlineData("https://user:secretpassword@api.example/v1")]
    [InlineData("https://api.example/v1?api-key=secretpassword")]
    [InlineData("https//user:secretpassword@api.example/v1")]
    public void A_key_in_the_endpoint_is_refused_and_not_repeated(string endpoint)
    {
        var problem = Problems($"deployments:\n  a:\n    endpoint: {endpoint}\n    model: m").ShouldHaveSingleItem();

        problem.ShouldStartWith("orchestration.yaml:3: deployments.a.endpoint");
        problem.ShouldNotContain("secretpassword");
    }

    [Theory]
    [InlineData("meta-llama/Llama-3.3-70B-Instruct-Turbo-Free")]
    [InlineData("gpt-4o-mini-2024-07-18")]
    [InlineData("ft:gpt-4.1-mini-2025-04-14:my-org:custom:AbCdEf12")]
    [InlineData("OPENAI_API_KEY_OF_PROJECT_20250101_NUMBER_42")]
    public void An_ordinary_name_is_not_taken_for_a_key(string name) => SecretShape.LooksLikeKey(name).ShouldBeFalse();

    [Theory]
    [InlineData("timeout-secnds", "timeout-seconds")]
    [InlineData("modle", "model")]
    [InlineData("MODEL", "model")]
    [InlineData("endpiont", "endpoint")]
    [InlineData("zzz", null)]
    public void The_nearest_name_is_found(string given, string? expected) => NearestName.Of(given, ["endpoint", "model", "timeout-seconds"]).ShouldBe(expected);

    private static string[] Problems(string yaml)
    {
        var thrown = Should.Throw<OrchestrationException>(() => OrchestrationConfig.Parse(yaml, "orchestration.yaml"));
        thrown.Code.ShouldBe(ErrorCodes.Configuration);
        return thrown.Message.Split('\n');
    }
}
