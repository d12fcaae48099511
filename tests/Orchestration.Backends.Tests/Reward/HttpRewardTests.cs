using System.Text;
using Orchestration.Backends.Reward;
using Orchestration.Core.Configuration;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Simulation;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Backends.Tests.Reward;

public sealed class HttpRewardTests
{
    [Theory]
    [InlineData(RewardForm.Simple, "/reward")]
    [InlineData(RewardForm.Pooling, "/pooling")]
    public async Task A_reward_comes_back_in_both_forms_and_costs_its_price(RewardForm form, string path)
    {
        await using var endpoint = await ScriptedEndpoint.StartAsync(cancellationToken: TestContext.Current.CancellationToken);
        using var reward = Create(new Uri(endpoint.Address, path), config => config with { Form = form, PricePerCall = 0.002m });

        var good = await reward.RewardAsync("What is \"salt\" made of?", "Sodium and chlorine, in equal numbers of atoms.", CallOrigin.None, TestContext.Current.CancellationToken);
        var empty = await reward.RewardAsync("What is \"salt\" made of?", "", CallOrigin.None, TestContext.Current.CancellationToken);

        good.Value.ShouldNotBeNull().ShouldBeGreaterThan(empty.Value.ShouldNotBeNull());
        (good.Failure, good.Totals, good.UnknownAttempts).ShouldBe((null, new CallTotals(1, 0, default, 0.002m), 0));
    }

    [Fact]
    public async Task A_fault_that_passes_is_tried_again()
    {
        await using var endpoint = await ScriptedEndpoint.StartAsync(
            new ScriptedEndpointOptions { FirstAttempts = [ScriptedFault.TruncatedJson, ScriptedFault.RetryAfterSeconds] }, cancellationToken: TestContext.Current.CancellationToken);
        using var reward = Create(endpoint.RewardEndpoint);

        var reply = await reward.RewardAsync("p", "a", CallOrigin.None, TestContext.Current.CancellationToken);

        reply.Value.ShouldNotBeNull();
        (reply.Totals.Calls, reply.Totals.Failures, reply.UnknownAttempts).ShouldBe((1, 2, 1));
    }

    [Fact]
    public async Task A_call_without_a_reward_has_a_reason_and_no_number()
    {
        await using var endpoint = await ScriptedEndpoint.StartAsync(
            new ScriptedEndpointOptions { Faults = new Dictionary<ScriptedFault, double> { [ScriptedFault.ContextLength] = 1 } }, cancellationToken: TestContext.Current.CancellationToken);
        using var reward = Create(endpoint.RewardEndpoint);

        var reply = await reward.RewardAsync("p", "a", CallOrigin.None, TestContext.Current.CancellationToken);

        (reply.Value, reply.Failure).ShouldBe((null, UnscoredReason.TooLong));
    }

    [Theory]
    [InlineData("""{"score":-1.25e1}""", -12.5)]
    [InlineData("""{"model":"m","score":0,"extra":[1]}""", 0.0)]
    public void A_simple_reply_is_read(string body, double expected)
    {
        RewardMessages.TryReadSimple(Encoding.UTF8.GetBytes(body), out var reward, out _).ShouldBeTrue();
        reward!.Value.ShouldBe(expected);
    }

    [Theory]
    [InlineData("""{"data":[{"data":[3.5]}]}""", 3.5)]
    [InlineData("""{"data":[{"data":3.5}]}""", 3.5)]
    [InlineData("""{"data":[{"data":[[1.0],[2.0],[7.0]]}]}""", 7.0)]
    public void A_pooled_reply_is_read_at_its_last_number(string body, double expected)
    {
        RewardMessages.TryReadPooling(Encoding.UTF8.GetBytes(body), out var reward, out _).ShouldBeTrue();
        reward!.Value.ShouldBe(expected);
    }

    [Theory]
    [InlineData("")]
    [InlineData("3.5")]
    [InlineData("{}")]
    [InlineData("""{"score":"3"}""")]
    [InlineData("""{"score":null}""")]
    [InlineData("""{"score":1e999}""")]
    [InlineData("""{"score":1} x""")]
    [InlineData("""{"data":[]}""")]
    [InlineData("""{"data":[{"data":[]}]}""")]
    [InlineData("""{"data":[7]}""")]
    public void A_reply_without_a_number_is_none(string body)
    {
        RewardMessages.TryReadSimple(Encoding.UTF8.GetBytes(body), out var simple, out _).ShouldBeFalse();
        RewardMessages.TryReadPooling(Encoding.UTF8.GetBytes(body), out var pooled, out _).ShouldBeFalse();
        (simple, pooled).ShouldBe((null, null));
    }

    private static HttpRewardDeployment Create(Uri endpoint, Func<DeploymentConfig, DeploymentConfig>? configure = null)
    {
        var config = new DeploymentConfig { Name = "rm", Kind = DeploymentKind.Reward, Endpoint = endpoint, Model = new ModelIdentity("", "rm-8b", ""), Timeout = TestDeployment.AttemptTimeout };
        return DeploymentFactory.CreateReward(configure?.Invoke(config) ?? config, TestDeployment.Services(new ManualTime { SkipUpTo = TimeSpan.FromSeconds(1000) }, null));
    }
}
