using Orchestration.Backends.Exchanges;
using Orchestration.Core.Configuration;
using Orchestration.Simulation;
using Shouldly;
using Xunit;

namespace Orchestration.Backends.Tests.Http;

/// <summary>What an image is taken to cost of a quota of tokens.</summary>
public sealed class ImageQuotaTests
{
    [Fact]
    public void An_image_begins_at_the_most_it_can_count_as_and_is_learnt_from_what_it_did()
    {
        var estimate = new TokenEstimate(8192);
        var one = new RequestImages(1, 400_000);
        estimate.Prompt(400_400, one).ShouldBe(134 + 8192);

        for (var i = 0; i < 400; i++) estimate.Learn(400, default, 100);
        for (var i = 0; i < 40; i++) estimate.Learn(400_400, one, 100 + 765);

        estimate.Prompt(400_400, one).ShouldBeInRange(865, 866);
        estimate.Prompt(800_400, new RequestImages(2, 800_000)).ShouldBeInRange(1630, 1632);
        estimate.Prompt(400, default).ShouldBeInRange(100, 101, "what an image counted as says nothing of text");
    }

    [Fact]
    public async Task Large_images_do_not_use_up_a_quota_of_tokens_by_their_bytes()
    {
        // By its bytes one call would count as 100,000 tokens, more than the whole quota, and wait for ever.
        var image = "data:image/png;base64," + new string('A', 400_000);
        await using var endpoint = await ScriptedEndpoint.StartAsync(
            new ScriptedEndpointOptions { Limits = new ScriptedLimits { TokensPerMinute = 60_000 } }, cancellationToken: TestContext.Current.CancellationToken);
        var config = TestDeployment.Config(endpoint.ChatEndpoint) with
        {
            Images = true,
            ImageTokens = 800,
            TokensPerMinute = 60_000,
            TokensCharged = TokensCharged.Used,
            Timeout = TimeSpan.FromSeconds(20),
        };
        using var chat = new OpenAiChatDeployment(config, TestDeployment.Services(TimeProvider.System));

        for (var i = 0; i < 3; i++)
        {
            var reply = await chat.CompleteAsync(TestDeployment.Request($"{i} ![x]({image})"), TestContext.Current.CancellationToken);
            reply.Failure.ShouldBeNull();
            reply.Totals.Usage.Input.ShouldBeInRange(765, 900);
        }

        endpoint.Statistics().Faults.ShouldBeEmpty();
    }
}
