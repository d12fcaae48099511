using Orchestration.Core.Batches;
using Orchestration.Core.Configuration;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Deployments;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Configuration;

/// <summary>What a good <c>orchestration.yaml</c> comes to.</summary>
public sealed class ConfigurationTests
{
    [Fact]
    public void Every_option_of_a_chat_deployment_is_read()
    {
        var config = Read("""
            deployments:
              gpt-mini:
                kind: openai
                endpoint: https://api.example/v1/
                model: {publisher: openai, name: gpt-4.1-mini, snapshot: "2025-04-14"}
                served-as: my-mini
                key-env: OPENAI_API_KEY
                key-header: api-key
                prices: {input: 0.40, cached: 0.10, output: 1.60, reasoning: 2}
                limits: {concurrency: 64}
                timeout-seconds: 30.5
                longest-retry-wait-seconds: 10
                attempts: 4
                json: object
                max-output-tokens: 512
                temperature: 0.2
                output-limit-parameter: max_completion_tokens
                batch: {price-factor: 0.4, max-requests: 1000, max-megabytes: 20, max-open: 3, poll-seconds: 5, listed-within-seconds: 90, path: /chat/completions}
            """);

        config.Deployment("gpt-mini").ShouldBe(new DeploymentConfig
        {
            Name = "gpt-mini",
            Kind = DeploymentKind.OpenAi,
            Endpoint = new Uri("https://api.example/v1/"),
            Model = new ModelIdentity("openai", "gpt-4.1-mini", "2025-04-14"),
            ServedAs = "my-mini",
            KeyEnvironment = "OPENAI_API_KEY",
            KeyHeader = KeyHeader.ApiKey,
            Prices = new TokenPrices(0.40m, 0.10m, 1.60m, 2m),
            Concurrency = 64,
            Timeout = TimeSpan.FromSeconds(30.5),
            LongestRetryWait = TimeSpan.FromSeconds(10),
            Attempts = 4,
            Json = JsonSupport.Object,
            MaxOutputTokens = 512,
            Temperature = 0.2,
            OutputLimit = OutputLimitParameter.MaxCompletionTokens,
            Batch = new BatchOptions
            {
                PriceFactor = 0.4m,
                MaxRequests = 1000,
                MaxBytes = 20_000_000,
                MaxOpen = 3,
                Poll = TimeSpan.FromSeconds(5),
                ListedWithin = TimeSpan.FromSeconds(90),
                Path = "/chat/completions",
            },
        });
    }

    [Fact]
    public void A_deployment_of_endpoint_and_model_has_the_documented_defaults()
    {
        var deployment = Read("""
            deployments:
              local: {endpoint: "http://127.0.0.1:8000/v1", model: meta-llama/Llama-3.3-70B-Instruct}
            """).Deployment("local");

        deployment.ShouldBe(new DeploymentConfig
        {
            Name = "local",
            Endpoint = new Uri("http://127.0.0.1:8000/v1"),
            Model = new ModelIdentity("", "meta-llama/Llama-3.3-70B-Instruct", ""),
        });
        (deployment.Concurrency, deployment.Attempts, deployment.Timeout.TotalSeconds, deployment.LongestRetryWait.TotalSeconds).ShouldBe((32, 8, 60, 60));
        (deployment.Json, deployment.OutputLimit, deployment.Prices, deployment.KeyEnvironment).ShouldBe((JsonSupport.Schema, OutputLimitParameter.MaxTokens, null, null));
    }

    [Fact]
    public void Prices_that_are_left_out_are_the_full_ones() => Read("""
        deployments:
          a: {endpoint: "http://h/v1", model: m, prices: {input: 1, output: 4}}
        """).Deployment("a").Prices.ShouldBe(new TokenPrices(1, 1, 4, 4));

    [Fact]
    public void A_reasoning_model_has_the_limit_that_it_insists_on() => Read("""
        deployments:
          a: {endpoint: "http://h/v1", model: o4-mini, reasoning-model: true}
        """).Deployment("a").OutputLimit.ShouldBe(OutputLimitParameter.MaxCompletionTokens);

    [Fact]
    public void A_reward_deployment_has_options_of_its_own()
    {
        var deployment = Read("""
            deployments:
              rm:
                kind: reward
                endpoint: http://127.0.0.1:9/pooling
                model: Skywork-Reward
                form: pooling
                price-per-call: 0.0004
            """).Deployment("rm");

        (deployment.Kind, deployment.Form, deployment.PricePerCall).ShouldBe((DeploymentKind.Reward, RewardForm.Pooling, 0.0004m));
    }

    [Fact]
    public void Judge_sets_scales_and_rubric_folders_are_read()
    {
        var folder = Directory.CreateTempSubdirectory("orchestration-config");
        try
        {
            folder.CreateSubdirectory("mine");
            var file = Path.Combine(folder.FullName, "orchestration.yaml");
            File.WriteAllText(file, """
                deployments:
                  gpt-mini: {endpoint: "http://h/v1", model: m}
                judge-sets:
                  quick: [relevance, truthfulness@gpt-mini, "replay:scores@old.jsonl"]
                  one: relevance
                rubrics: [./mine]
                judge-scales:
                  old-judge: {min: 1, max: 5, step: 0.5, direction: lower-is-better}
                  other: {min: -10, max: 10}
                """);

            var config = OrchestrationConfig.Load(file);

            config.File.ShouldBe(file);
            config.JudgeSets["quick"].ShouldBe(["relevance", "truthfulness@gpt-mini", "replay:scores@old.jsonl"]);
            config.JudgeSets["one"].ShouldBe(["relevance"]);
            config.RubricFolders.ShouldBe([Path.Combine(folder.FullName, "mine")]);
            config.JudgeScales["old-judge"].ShouldBe(new Scale(1, 5, 0.5, Direction.LowerIsBetter));
            config.JudgeScales["other"].ShouldBe(new Scale(-10, 10));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("# nothing yet\n")]
    [InlineData("---\n")]
    public void A_file_without_content_configures_nothing(string yaml) => Read(yaml).Deployments.ShouldBeEmpty();

    [Fact]
    public void A_file_that_was_named_and_is_missing_is_told()
    {
        var thrown = Should.Throw<OrchestrationException>(() => OrchestrationConfig.Load("/nowhere/orchestration.yaml"));

        thrown.Code.ShouldBe(ErrorCodes.Input);
        thrown.Message.ShouldContain("/nowhere/orchestration.yaml");
    }

    [Fact]
    public void A_deployment_that_is_not_there_is_told_with_the_nearest_one()
    {
        var config = Read("""
            deployments:
              gpt-mini: {endpoint: "http://h/v1", model: m}
            """);

        var thrown = Should.Throw<OrchestrationException>(() => config.Deployment("gpt-mni"));
        thrown.Code.ShouldBe(ErrorCodes.NotFound);
        thrown.Message.ShouldContain("Did you mean 'gpt-mini'?");
        Should.Throw<OrchestrationException>(() => config.Deployment("llama")).Message.ShouldContain("It names: gpt-mini.");
        Should.Throw<OrchestrationException>(() => OrchestrationConfig.Empty.Deployment("llama")).Message.ShouldContain("--config");
    }

    private static OrchestrationConfig Read(string yaml) => OrchestrationConfig.Parse(yaml, "orchestration.yaml");

    [Fact]
    public void A_pool_of_azure_endpoints_with_limits_of_their_own_is_read()
    {
        var config = OrchestrationConfig.Parse(
            """
            deployments:
              gpt:
                kind: azure-openai
                model: gpt-4.1
                served-as: prod
                identity: managed
                identity-client-id: 1234
                token-scope: https://ai.azure.com/.default
                reasoning-model: true
                reasoning-effort: low
                limits: {concurrency: 8, requests-per-minute: 600, tokens-per-minute: 100000, tokens-charged: used}
                endpoints:
                  - endpoint: https://one.openai.azure.com
                  - endpoint: https://two.openai.azure.com/openai/v1/
                    served-as: other
                    limits: {requests-per-minute: 60}
            judge-limits:
              relevance@gpt: {requests-per-minute: 30}
            """,
            "orchestration.yaml");

        var gpt = config.Deployment("gpt");
        gpt.Kind.ShouldBe(DeploymentKind.AzureOpenAi);
        gpt.Endpoint.ShouldBe(new Uri("https://one.openai.azure.com/openai/v1"));
        (gpt.Identity, gpt.IdentityClientId, gpt.TokenScope, gpt.ReasoningEffort).ShouldBe((EntraIdentity.Managed, "1234", "https://ai.azure.com/.default", "low"));
        gpt.Endpoints.Count.ShouldBe(2);
        gpt.Endpoints[0].Limits.ShouldBe(new EndpointLimits(8, 600, 100_000, TokensCharged.Used));
        gpt.Endpoints[0].ServedAs.ShouldBe("prod");
        gpt.Endpoints[1].Limits.ShouldBe(new EndpointLimits(8, 60, 100_000, TokensCharged.Used));
        gpt.Endpoints[1].ServedAs.ShouldBe("other");
        gpt.Endpoints[1].Address.AbsolutePath.TrimEnd('/').ShouldBe("/openai/v1");
        config.JudgeLimits["relevance@gpt"].ShouldBe(new JudgeLimits(30, null));
    }
}
