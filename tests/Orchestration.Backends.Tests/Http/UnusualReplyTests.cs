using System.IO.Compression;
using System.Text;
using Orchestration.Core;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Backends.Tests.Http;

/// <summary>Replies that a scripted endpoint does not send, and some real ones do.</summary>
public sealed class UnusualReplyTests
{
    private const string Good = """{"choices":[{"message":{"content":"3"},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":1}}""";

    [Fact]
    public async Task A_redirect_is_not_followed_with_the_key_but_told()
    {
        await using var server = new RawEndpoint("301 Moved Permanently", "", "Location: https://elsewhere.example/v1/chat/completions?sig=abc");

        var thrown = await Should.ThrowAsync<OrchestrationException>(AskAsync(server));

        thrown.Message.ShouldContain("answered 301 (moved) to https://elsewhere.example/v1/chat/completions.");
        thrown.Message.ShouldNotContain("sig=abc");
        server.Requests.ShouldBe(1);
    }

    [Fact]
    public async Task An_account_without_credit_waits_and_says_so()
    {
        await using var server = new RawEndpoint("402 Payment Required", """{"error":{"message":"Insufficient Balance","code":"invalid_request_error"}}""");
        var time = new ManualTime();
        var board = new DeploymentBoard(time);
        using var chat = new OpenAiChatDeployment(TestDeployment.Config(server.Endpoint), TestDeployment.Services(time, board: board));
        using var stop = new CancellationTokenSource();

        var asking = chat.CompleteAsync(TestDeployment.Request(), stop.Token).AsTask();
        (await time.WaitBegunAsync(due => due < TimeSpan.FromMinutes(2))).TotalSeconds.ShouldBe(60, 1);
        board.Waits.ShouldHaveSingleItem().Reason.ShouldBe("the account is used up: Insufficient Balance");
        await stop.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(asking);
    }

    [Fact]
    public async Task A_body_that_is_compressed_without_being_asked_for_is_understood()
    {
        using var body = new MemoryStream();
        using (var gzip = new GZipStream(body, CompressionMode.Compress, leaveOpen: true)) gzip.Write(Encoding.UTF8.GetBytes(Good));
        var head = Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n");
        await using var server = new RawEndpoint([.. head, .. body.ToArray()]);

        (await AskAsync(server)).Text.ShouldBe("3");
    }

    [Fact]
    public async Task A_compressed_body_that_is_damaged_is_a_failed_attempt()
    {
        var head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\nConnection: close\r\n\r\n12345"u8.ToArray();
        await using var server = new RawEndpoint(head);

        (await AskAsync(server)).ShouldSatisfyAllConditions(
            reply => reply.Failure.ShouldBe(UnscoredReason.Unavailable),
            reply => reply.UnknownAttempts.ShouldBe(2));
    }

    [Fact]
    public async Task A_chunked_body_without_a_length_is_read_to_its_end()
    {
        var text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
        foreach (var chunk in Good.Chunk(7)) text += $"{chunk.Length:x}\r\n{new string(chunk)}\r\n";
        await using var server = new RawEndpoint(Encoding.UTF8.GetBytes(text + "0\r\n\r\n"));

        (await AskAsync(server)).Text.ShouldBe("3");
    }

    [Theory]
    [InlineData("""{"error":{"message":"a"}}""", "500: a")]
    [InlineData("""{"error":"b"}""", "500: b")]
    [InlineData("""{"object":"error","message":"c","code":500}""", "500: c")]
    [InlineData("""{"detail":"d"}""", "500: d")]
    [InlineData("""{"detail":[{"msg":"e"}]}""", "500: [{\"msg\":\"e\"}]")]
    [InlineData("plain f", "500: plain f")]
    [InlineData("", "500")]
    [InlineData("""{"error":{"message":null}}""", """500: {"error":{"message":null}}""")]
    [InlineData("[1,2]", "500: [1,2]")]
    public async Task What_an_error_says_is_found_in_any_of_the_usual_forms(string body, string detail)
    {
        await using var server = new RawEndpoint("500 Internal Server Error", body);

        (await AskAsync(server)).FailureDetail.ShouldBe(detail + " (2 attempts)");
    }

    [Theory]
    [InlineData("400 Bad Request", """{"object":"error","message":"This model's maximum context length is 4096 tokens.","type":"BadRequestError","param":null,"code":400}""", UnscoredReason.TooLong)]
    [InlineData("413 Payload Too Large", "<html></html>", UnscoredReason.TooLong)]
    [InlineData("400 Bad Request", """{"error":{"code":"content_filter","message":"no","innererror":{"code":"ResponsibleAIPolicyViolation"}}}""", UnscoredReason.Filtered)]
    [InlineData("403 Forbidden", """{"error":{"code":"content_policy_violation","message":"no"}}""", UnscoredReason.Filtered)]
    [InlineData("405 Method Not Allowed", "", UnscoredReason.Rejected)]
    [InlineData("529 Overloaded", "", UnscoredReason.Unavailable)]
    public async Task A_refusal_has_its_reason_whoever_sends_it(string status, string body, string reason)
    {
        await using var server = new RawEndpoint(status, body);

        (await AskAsync(server)).Failure.ShouldBe(reason);
    }

    [Theory]
    [InlineData("Retry-After: 0", 0)]
    [InlineData("Retry-After: -5", 0)]
    [InlineData("Retry-After: 2.5", 2.5)]
    [InlineData("retry-after-ms: 1500", 1.5)]
    [InlineData("Date: Thu, 01 Jan 2026 10:00:00 GMT\r\nRetry-After: Thu, 01 Jan 2026 10:00:20 GMT", 20)]
    [InlineData("Date: Thu, 01 Jan 2026 10:00:00 GMT\r\nRetry-After: Thu, 01 Jan 2026 09:00:00 GMT", 0)]
    [InlineData("Retry-After: Thu, 01 Jan 2026 00:00:07 GMT", 7)]
    [InlineData("Retry-After: 99999999999999999999", 60)]
    [InlineData("retry-after-ms: 300\r\nx-ms-retry-after-ms: 9000\r\nRetry-After: 9", 0.3)]
    public async Task A_stated_wait_is_read_as_it_is_meant(string headers, double seconds)
    {
        await using var server = new RawEndpoint("429 Too Many Requests", "", headers);
        var time = new ManualTime { SkipUpTo = TimeSpan.FromSeconds(1000) };

        await AskAsync(server, time);

        time.Skipped.ShouldHaveSingleItem().TotalSeconds.ShouldBeInRange(seconds + 0.009, seconds + 0.25);
    }

    [Theory]
    [InlineData("Retry-After: soon")]
    [InlineData("Retry-After: NaN")]
    [InlineData("retry-after-ms: ")]
    public async Task A_stated_wait_that_says_nothing_is_no_wait_of_its_own(string header)
    {
        await using var server = new RawEndpoint("429 Too Many Requests", "", header);
        var time = new ManualTime { SkipUpTo = TimeSpan.FromSeconds(1000) };

        await AskAsync(server, time);

        time.Skipped.ShouldHaveSingleItem().TotalSeconds.ShouldBeInRange(0, 2);
    }

    private static async Task<ChatReply> AskAsync(RawEndpoint server, ManualTime? time = null)
    {
        time ??= new ManualTime { SkipUpTo = TimeSpan.FromSeconds(1000) };
        using var chat = new OpenAiChatDeployment(TestDeployment.Config(server.Endpoint) with { Attempts = 2 }, TestDeployment.Services(time));
        return await chat.CompleteAsync(TestDeployment.Request(), TestContext.Current.CancellationToken);
    }
}
