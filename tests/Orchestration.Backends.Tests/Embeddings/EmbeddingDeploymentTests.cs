using Orchestration.Core;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Simulation;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Backends.Tests.Embeddings;

/// <summary>Embeddings over real HTTP.</summary>
public sealed class EmbeddingDeploymentTests
{
    private static readonly string[] Texts = ["the sea is salt", "the moon is far", "salt the sea"];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Texts_become_vectors_in_their_order_and_are_paid_for_by_what_the_endpoint_counts()
    {
        await using var endpoint = await ScriptedEndpoint.StartAsync(new ScriptedEndpointOptions { EmbeddingDimensions = 24, Prices = TestDeployment.Config(new Uri("http://x")).Prices }, cancellationToken: Stop);
        using var deployment = Deployment(endpoint.ChatEndpoint);

        var reply = await deployment.EmbedAsync(Texts, CallOrigin.None, Stop);

        reply.Failure.ShouldBeNull();
        reply.Vectors.Count.ShouldBe(3);
        reply.Vectors.ShouldAllBe(static v => v.Length == 24);
        reply.Vectors[0].Zip(reply.Vectors[2], static (a, b) => a * b).Sum().ShouldBeGreaterThan(reply.Vectors[0].Zip(reply.Vectors[1], static (a, b) => a * b).Sum(), "who shares words is near");
        (await deployment.EmbedAsync([Texts[1]], CallOrigin.None, Stop)).Vectors[0].ShouldBe(reply.Vectors[1]);
        reply.Totals.Calls.ShouldBe(1);
        endpoint.Statistics().EmbeddedTexts.ShouldBe(4);
        reply.Totals.CostUsd.ShouldBeGreaterThan(0);
        reply.Totals.CostUsd.ShouldBeLessThan(endpoint.Statistics().CostUsd);
    }

    [Theory]
    [InlineData(ScriptedFault.TooManyRequests, 0)]
    [InlineData(ScriptedFault.ServerError, 1)]
    [InlineData(ScriptedFault.ConnectionReset, 1)]
    [InlineData(ScriptedFault.TruncatedJson, 1)]
    [InlineData(ScriptedFault.NoChoices, 1)]
    public async Task What_may_help_is_tried_again_and_what_may_have_been_charged_is_counted(ScriptedFault fault, int unknown)
    {
        await using var endpoint = await ScriptedEndpoint.StartAsync(new ScriptedEndpointOptions { FirstAttempts = [fault] }, cancellationToken: Stop);
        using var deployment = Deployment(endpoint.ChatEndpoint);

        var reply = await deployment.EmbedAsync(Texts, CallOrigin.None, Stop);

        reply.Vectors.Count.ShouldBe(3);
        reply.UnknownAttempts.ShouldBe(unknown);
        endpoint.Statistics().Requests.ShouldBe(2);
    }

    [Theory]
    [InlineData(ScriptedFault.ContextLength, UnscoredReason.TooLong)]
    [InlineData(ScriptedFault.BadRequest, UnscoredReason.Rejected)]
    [InlineData(ScriptedFault.ServerError, UnscoredReason.Unavailable)]
    public async Task A_failure_is_a_value_with_its_reason(ScriptedFault fault, string reason)
    {
        await using var endpoint = await ScriptedEndpoint.StartAsync(new ScriptedEndpointOptions { Faults = new Dictionary<ScriptedFault, double> { [fault] = 1 } }, cancellationToken: Stop);
        using var deployment = Deployment(endpoint.ChatEndpoint);

        var reply = await deployment.EmbedAsync(Texts, CallOrigin.None, Stop);

        reply.Vectors.ShouldBeEmpty();
        reply.Failure.ShouldBe(reason);
    }

    [Fact]
    public async Task A_wrong_model_is_told_with_the_deployments_name()
    {
        await using var endpoint = await ScriptedEndpoint.StartAsync(new ScriptedEndpointOptions { Models = ["another"] }, cancellationToken: Stop);
        using var deployment = Deployment(endpoint.ChatEndpoint);

        (await Should.ThrowAsync<OrchestrationException>(async () => await deployment.EmbedAsync(Texts, CallOrigin.None, Stop))).Message.ShouldContain("gpt-test");
    }

    [Theory]
    [InlineData("""{"data":[{"index":1,"embedding":[0,1]},{"index":0,"embedding":[1,0]}],"usage":{"prompt_tokens":3,"total_tokens":3}}""", true)]
    [InlineData("""{"data":[{"embedding":[0.5,1e-3]},{"embedding":"AACAPwAAAAA="}]}""", true)]
    [InlineData("""{"data":[{"index":0,"embedding":[1,0]}]}""", false)]
    [InlineData("""{"data":[{"index":0,"embedding":[1,0]},{"index":0,"embedding":[0,1]}]}""", false)]
    [InlineData("""{"data":[{"index":0,"embedding":[1,0]},{"index":1,"embedding":[0,1,2]}]}""", false)]
    [InlineData("""{"data":[{"index":0,"embedding":[1,0]},{"index":1,"embedding":[0,0]}]}""", false)]
    [InlineData("""{"data":[{"index":0,"embedding":[1,0]},{"index":1,"embedding":[1e60,0]}]}""", false)]
    [InlineData("""{"data":[{"index":0,"embedding":[1,0]},{"index":1,"embedding":[]}]}""", false)]
    [InlineData("""{"data":[{"index":0,"embedding":[1,0]},{"index":1,"embedding":null}]}""", false)]
    [InlineData("""{"data":[{"index":0,"embedding":[1,0]},{"index":7,"embedding":[1,0]}]}""", false)]
    [InlineData("""{"data":{}}""", false)]
    [InlineData("[]", false)]
    [InlineData("", false)]
    public async Task A_reply_counts_only_where_every_text_has_a_vector_of_one_length(string body, bool isGood)
    {
        await using var endpoint = new RawEndpoint("200 OK", body, "Content-Type: application/json");
        using var deployment = Deployment(endpoint.Endpoint);

        var reply = await deployment.TryEmbedAsync(["a", "b"], CallOrigin.None, 1, TimeSpan.FromSeconds(1), Stop);

        if (isGood)
        {
            reply.Failure.ShouldBeNull();
            reply.Vectors.ShouldAllBe(static v => v.Length == 2);
            if (body.Contains("index", StringComparison.Ordinal)) reply.Vectors[0].ShouldBe([1f, 0f]);
            reply.UnknownAttempts.ShouldBe(body.Contains("usage", StringComparison.Ordinal) ? 0 : 1);
        }
        else
        {
            reply.Vectors.ShouldBeEmpty();
            reply.Failure.ShouldBe(UnscoredReason.Unreadable);
            reply.UnknownAttempts.ShouldBe(1, "it may have been charged");
        }
    }

    private static OpenAiEmbeddingDeployment Deployment(Uri endpoint) => new(TestDeployment.Config(endpoint), TestDeployment.Services(new ManualTime { SkipUpTo = TimeSpan.FromSeconds(1000) }));
}
