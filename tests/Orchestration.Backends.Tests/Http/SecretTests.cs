using Orchestration.Backends.Exchanges;
using Orchestration.Core;
using Orchestration.Core.Configuration;
using Orchestration.Core.Judging;
using Orchestration.Simulation;
using Shouldly;
using Xunit;

namespace Orchestration.Backends.Tests.Http;

/// <summary>No key is ever shown.</summary>
public sealed class SecretTests
{
    [Theory]
    [InlineData(ScriptedFault.InvalidKey)]
    [InlineData(ScriptedFault.Forbidden)]
    [InlineData(ScriptedFault.UnknownModel)]
    public async Task No_exception_shows_the_key(ScriptedFault fault)
    {
        await using var test = await TestDeployment.StartAsync(new ScriptedEndpointOptions { FirstAttempts = [fault] });

        var thrown = await Should.ThrowAsync<OrchestrationException>(test.AskAsync());

        thrown.ToString().ShouldNotContain(TestDeployment.Key);
        thrown.ToString().ShouldNotContain("sk-");
    }

    [Fact]
    public async Task A_key_that_was_read_shows_its_variable_only()
    {
        var key = new EndpointKey("gpt-test", TestDeployment.Config(new Uri("http://127.0.0.1:9/v1")).Endpoints[0], TestDeployment.Environment(TestDeployment.Key));

        await key.PrepareAsync(TestContext.Current.CancellationToken);
        key.Secret.ShouldBe(TestDeployment.Key);
        key.ToString().ShouldBe("key from TEST_KEY");
    }

    [Theory]
    [InlineData("bad key sk-test-0123456789abcdefXYZ here", "bad key [key] here")]
    [InlineData("sk-proj-********************abcd is wrong", "[key] is wrong")]
    [InlineData("header was 'Authorization: Bearer abcdef123456'", "header was 'Authorization: [key]'")]
    [InlineData("no secret: sk-ip this, task-oriented", "no secret: sk-ip this, task-oriented")]
    public void What_an_endpoint_says_is_shown_without_keys(string said, string shown) => Redaction.Clean(said, null).ShouldBe(shown);

    [Fact]
    public void The_deployments_own_key_is_hidden_whatever_it_looks_like() =>
        Redaction.Clean("You sent 'plain-words' as key", "plain-words").ShouldBe("You sent '[key]' as key");

    [Fact]
    public void What_an_endpoint_says_is_one_short_line()
    {
        var shown = Redaction.Clean("\r\n  a\t\u0007b\n\n" + new string('x', 1000), null);

        shown.ShouldStartWith("a b x");
        shown.Length.ShouldBe(300);
        shown.ShouldEndWith("…");
    }

    [Fact]
    public void A_cut_never_leaves_half_a_character()
    {
        for (var i = 0; i < 4; i++) Redaction.Clean(new string('x', 296 + i) + "\U0001F642\U0001F642", null).ShouldNotContain('\ufffd');
        for (var i = 0; i < 4; i++)
        {
            var shown = Redaction.Clean(new string('x', 296 + i) + "\U0001F642\U0001F642", null).TrimEnd('…');
            char.IsHighSurrogate(shown[^1]).ShouldBeFalse();
        }
    }

    [Fact]
    public async Task A_variable_that_is_not_set_is_told_when_the_deployment_is_first_called_and_nothing_is_sent()
    {
        await using var endpoint = await ScriptedEndpoint.StartAsync(cancellationToken: TestContext.Current.CancellationToken);
        using var chat = DeploymentFactory.CreateChat(TestDeployment.Config(endpoint.ChatEndpoint), TestDeployment.Services(TimeProvider.System, null));

        var thrown = await Should.ThrowAsync<OrchestrationException>(chat.CompleteAsync(TestDeployment.Request(), TestContext.Current.CancellationToken).AsTask());

        thrown.Code.ShouldBe(ErrorCodes.Configuration);
        thrown.Message.ShouldContain("TEST_KEY");
        thrown.Message.ShouldContain("'gpt-test'");
        endpoint.Statistics().Requests.ShouldBe(0);
    }

    [Fact]
    public async Task A_variable_with_more_than_a_key_in_it_is_refused_without_repeating_it()
    {
        using var chat = new OpenAiChatDeployment(TestDeployment.Config(new Uri("http://127.0.0.1:9/v1")), new DeploymentServices { Time = TimeProvider.System, Environment = _ => "sk-first\nsk-second" });

        var thrown = await Should.ThrowAsync<OrchestrationException>(chat.CompleteAsync(TestDeployment.Request(), TestContext.Current.CancellationToken).AsTask());

        thrown.Message.ShouldContain("TEST_KEY");
        thrown.Message.ShouldNotContain("sk-first");
    }

    [Theory]
    [InlineData(ScriptedFault.BadRequest)]
    [InlineData(ScriptedFault.ContentFilter)]
    [InlineData(ScriptedFault.ServerError)]
    public async Task A_failure_that_quotes_the_key_is_shown_without_it(ScriptedFault fault)
    {
        await using var test = await TestDeployment.StartAsync(
            new ScriptedEndpointOptions { Respond = _ => new ScriptedReply { Fault = fault, ErrorMessage = $"cannot use '{TestDeployment.Key}' or sk-other-0123456789" } },
            config => config with { Attempts = 1 });

        var reply = await test.AskAsync();

        reply.FailureDetail.ShouldNotBeNull().ShouldContain("cannot use '[key]' or [key]");
        reply.ToString().ShouldNotContain(TestDeployment.Key);
    }

    [Fact]
    public void A_deployment_of_the_other_kind_is_refused()
    {
        var config = TestDeployment.Config(new Uri("http://127.0.0.1:9/v1"));

        Should.Throw<OrchestrationException>(() => DeploymentFactory.CreateReward(config, TestDeployment.Services(TimeProvider.System, null))).Message.ShouldContain("kind: reward");
        Should.Throw<OrchestrationException>(() => DeploymentFactory.CreateChat(config with { Kind = DeploymentKind.Reward }, TestDeployment.Services(TimeProvider.System, null))).Message.ShouldContain("kind: openai");
    }
}
