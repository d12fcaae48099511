using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using Orchestration.Core.Configuration;
using Orchestration.Silo.Gateway.Bodies;
using Shouldly;
using Xunit;

namespace Orchestration.Silo.Tests.Gateway;

/// <summary>What of a body is rewritten, and that nothing else is.</summary>
public sealed class BodyEditsTests
{
    /// <summary>Spaces, escapes, numbers no double holds, fields nobody knows, and half a dozen languages: all of it has to arrive as it came.</summary>
    private const string Odd = """
         { "temperature" : 1.50 , "seed":123456789012345678901234567890,
          "model"  :  "au\u0074o" , "unknown_field":{"model":"inner","stream":[true,{"n":7}]}, "tools":[{"type":"function","function":{"name":"f","parameters":{"a":1.0}}}],
          "messages" : [ {"role":"system","content":"Be brief. \ud83d\ude00"}, {"role":"user","content":[{"type":"text","text":"Grüße 你好"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]} ] ,"user":"x" }
        """;

    [Fact]
    public void Only_the_models_name_changes_where_nothing_else_is_wanted()
    {
        Edited(Odd, null, false, null).ShouldBe(Odd.Replace("\"au\\u0074o\"", "\"gpt-x\"", StringComparison.Ordinal));
    }

    [Fact]
    public void The_body_is_understood_where_it_has_to_be()
    {
        var body = ChatBody.Read(Encoding.UTF8.GetBytes(Odd));

        body.Model.ShouldBe("auto");
        body.IsStream.ShouldBeFalse();
        body.Images.ShouldBe(1);
        body.ImageBytes.ShouldBe("""{"url":"data:image/png;base64,AAAA"}""".Length);
        body.Text.ShouldBe("Grüße 你好\n\nBe brief. 😀");
        body.Prompt.ShouldBe("Grüße 你好");
        body.MaxOutputTokens.ShouldBeNull();
        body.Messages.ShouldBe(2);
    }

    [Theory]
    [InlineData("""{"model":"a","messages":[]}""", """{"max_tokens":50,"model":"gpt-x","messages":[]}""")]
    [InlineData("""{"max_tokens":null,"model":"a","messages":[]}""", """{"max_tokens":50,"model":"gpt-x","messages":[]}""")]
    public void A_maximum_output_is_stated_where_none_is(string body, string expected) => Edited(body, 50, false, null).ShouldBe(expected);

    [Theory]
    [InlineData("""{"model":"a","messages":[]}""")]
    [InlineData("""{"model":"a","stream_options":{"include_usage":false,"x":1},"messages":[]}""")]
    [InlineData("""{"model":"a","stream_options":{"x":1},"messages":[]}""")]
    [InlineData("""{"model":"a","stream_options":{ },"messages":[]}""")]
    [InlineData("""{"stream_options":null,"model":"a","messages":[]}""")]
    [InlineData("""{"model":"a","messages":[],"stream_options":{"include_usage":true}}""")]
    public void Usage_is_asked_for_however_the_options_stand(string body)
    {
        var before = JsonNode.Parse(body)!;
        var after = JsonNode.Parse(Edited(body, null, true, null))!;

        after["stream_options"]!["include_usage"]!.GetValue<bool>().ShouldBeTrue();
        after["model"]!.GetValue<string>().ShouldBe("gpt-x");
        (after["stream_options"]!["x"]?.ToJsonString()).ShouldBe(before["stream_options"]?["x"]?.ToJsonString());
        after.AsObject().Count.ShouldBe(before.AsObject().Count + (before.AsObject().ContainsKey("stream_options") ? 0 : 1));
    }

    [Theory]
    [InlineData("""{"model":"a","messages":[]}""")]
    [InlineData("""{"messages":[{"role":"user","content":"one"} ],"model":"a"}""")]
    public void A_message_is_added_at_the_end(string body)
    {
        var messages = JsonNode.Parse(Edited(body, 7, true, "two \"quoted\""))!["messages"]!.AsArray();

        messages[^1]!["content"]!.GetValue<string>().ShouldBe("two \"quoted\"");
        messages.Count.ShouldBe(JsonNode.Parse(body)!["messages"]!.AsArray().Count + 1);
    }

    private static string Edited(string body, int? max, bool usage, string? message)
    {
        var buffer = new ArrayBufferWriter<byte>();
        new BodyEdits(ChatBody.Read(Encoding.UTF8.GetBytes(body)), max, OutputLimitParameter.MaxTokens, usage, message).Write(buffer, "gpt-x");
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
