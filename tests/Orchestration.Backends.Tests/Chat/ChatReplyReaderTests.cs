using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Orchestration.Backends.Chat;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Deployments;
using Shouldly;
using Xunit;

namespace Orchestration.Backends.Tests.Chat;

public sealed class ChatReplyReaderTests
{
    private const string Whole = """
        {"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"gpt-4.1-mini-2025-04-14","service_tier":"default",
         "choices":[{"index":0,"message":{"role":"assistant","content":"Sco\u0072e: 3 \ud83d\ude42","refusal":null,"annotations":[{"a":[1]}]},
           "logprobs":{"content":[{"token":"3","logprob":-0.1,"bytes":[51],"top_logprobs":[{"token":"3","logprob":-0.1,"bytes":[51]},{"token":"2","logprob":-2.5,"bytes":null}]}],"refusal":null},
           "finish_reason":"stop"},{"index":1,"message":{"content":"other"}}],
         "usage":{"prompt_tokens":120,"completion_tokens":30,"total_tokens":150,"prompt_tokens_details":{"cached_tokens":100,"audio_tokens":0},
           "completion_tokens_details":{"reasoning_tokens":12}},"system_fingerprint":"fp_1"}
        """;

    [Fact]
    public void A_whole_completion_is_read_with_everything_it_states()
    {
        var (reply, usage) = Read(Whole);

        reply.Text.ShouldBe("Score: 3 \U0001F642");
        reply.Refusal.ShouldBeNull();
        reply.Finish.ShouldBe(FinishReason.Stop);
        reply.ServedModel.ShouldBe("gpt-4.1-mini-2025-04-14");
        reply.Fingerprint.ShouldBe("fp_1");
        usage.ShouldBe(new TokenUsage(120, 100, 30, 12));
        var token = reply.LogProbabilities.ShouldHaveSingleItem();
        (token.Token, token.LogProbability).ShouldBe(("3", -0.1));
        token.Alternatives.ShouldBe([new("3", -0.1), new("2", -2.5)]);
    }

    [Fact]
    public void The_texts_of_parts_are_joined() =>
        Read("""{"choices":[{"message":{"content":[{"type":"text","text":"a"},{"type":"image","url":{}},7,{"text":"b"}]}}]}""").Reply.Text.ShouldBe("ab");

    [Theory]
    [InlineData("\"stop\"", FinishReason.Stop)]
    [InlineData("\"length\"", FinishReason.Length)]
    [InlineData("\"content_filter\"", FinishReason.ContentFilter)]
    [InlineData("\"tool_calls\"", FinishReason.Other)]
    [InlineData("null", FinishReason.Other)]
    public void Finish_reasons_are_told_apart(string json, FinishReason expected) =>
        Read($$$"""{"choices":[{"finish_reason":{{{json}}},"message":{"content":null,"refusal":"No."}}]}""").Reply.ShouldSatisfyAllConditions(
            reply => reply.Finish.ShouldBe(expected),
            reply => reply.Refusal.ShouldBe("No."),
            reply => reply.Text.ShouldBe(""));

    [Theory]
    [InlineData("""{"prompt_tokens":10}""")]
    [InlineData("null")]
    [InlineData("""{"prompt_tokens":null,"completion_tokens":"7"}""")]
    public void Usage_that_is_not_whole_is_unknown_rather_than_zero(string usage) =>
        Read($$$"""{"choices":[{"message":{"content":"x"}}],"usage":{{{usage}}}}""").Usage.ShouldBeNull();

    [Fact]
    public void Reasoning_that_is_counted_beside_the_completion_is_added_to_it() =>
        Read("""{"choices":[{"message":{"content":"x"}}],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":35,"completion_tokens_details":{"reasoning_tokens":20}}}""")
            .Usage.ShouldBe(new TokenUsage(10, 0, 25, 20));

    [Theory]
    [InlineData("", "an empty reply")]
    [InlineData("   ", "cut or not JSON")]
    [InlineData("[]", "not a JSON object")]
    [InlineData("<html></html>", "cut or not JSON")]
    [InlineData("""{"choices":[]}""", "without choices")]
    [InlineData("""{"choices":null}""", "without choices")]
    [InlineData("""{"choices":[{"index":0}]}""", "without choices")]
    [InlineData("""{"error":{"message":"Provider returned an error"}}""", "Provider returned an error")]
    [InlineData("""{"choices":[{"message":{"content":"x"}}]} trailing""", "cut or not JSON")]
    [InlineData("""{"choices":[{"message":{"content":"\ud83d"}}]}""", "form of a completion")]
    public void A_body_that_is_no_completion_says_why(string body, string words)
    {
        ChatReplyReader.TryRead(Encoding.UTF8.GetBytes(body), out var completion, out var problem).ShouldBeFalse();

        completion.ShouldBeNull();
        problem.ShouldContain(words);
    }

    [Fact]
    public void A_completion_cut_anywhere_is_not_read()
    {
        var bytes = Encoding.UTF8.GetBytes(Whole);
        for (var length = 0; length < bytes.Length; length++)
            ChatReplyReader.TryRead(bytes.AsSpan(0, length), out _, out _).ShouldBeFalse($"cut at {length}");
    }

    [Fact]
    public void No_damage_to_a_completion_makes_the_reader_throw() => Prop.ForAll(
        ArbMap.Default.ArbFor<(int At, byte Value)[]>(),
        changes =>
        {
            var bytes = Encoding.UTF8.GetBytes(Whole);
            foreach (var (at, value) in changes) bytes[(at & int.MaxValue) % bytes.Length] = value;
            ChatReplyReader.TryRead(bytes, out var completion, out _).ShouldBe(completion is not null);
        }).Check(Config.QuickThrowOnFailure.WithQuietOnSuccess(true).WithReplay(20260101UL, 17UL));

    private static (ChatReply Reply, TokenUsage? Usage) Read(string body)
    {
        ChatReplyReader.TryRead(Encoding.UTF8.GetBytes(body), out var completion, out var problem).ShouldBeTrue(problem);
        return (completion!.Reply, completion.Usage);
    }
}
