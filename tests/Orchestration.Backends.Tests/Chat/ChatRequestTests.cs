using Orchestration.Core.Configuration;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Simulation;
using Shouldly;
using Xunit;

namespace Orchestration.Backends.Tests.Chat;

/// <summary>What the endpoint receives.</summary>
public sealed class ChatRequestTests
{
    [Fact]
    public async Task The_endpoint_receives_every_message_and_parameter_of_the_call()
    {
        var call = await SentAsync(TestDeployment.Request() with
        {
            System = "Be brief.",
            User = "Sag \"ja\" – 日本語 \U0001F642 \u0000 </script>",
            Continuation = [new ChatTurn("assistant", "no"), new ChatTurn("user", "again")],
            MaxOutputTokens = 77,
            Temperature = 0.25,
            Seed = -5,
            TopLogProbabilities = 20,
        });

        call.Model.ShouldBe("gpt-4.1-mini");
        call.Messages.ShouldBe([
            new ChatTurn("system", "Be brief."),
            new ChatTurn("user", "Sag \"ja\" – 日本語 \U0001F642 \u0000 </script>"),
            new ChatTurn("assistant", "no"),
            new ChatTurn("user", "again"),
        ]);
        (call.MaxOutputTokens, call.OutputLimitParameter).ShouldBe((77, "max_tokens"));
        call.Temperature.ShouldBe(0.25);
        call.Seed.ShouldBe(-5);
        call.TopLogProbabilities.ShouldBe(20);
        call.ResponseFormat.ShouldBeNull();
    }

    [Fact]
    public async Task What_a_call_leaves_open_is_not_sent()
    {
        var call = await SentAsync(TestDeployment.Request() with { System = "" });

        call.Messages.ShouldHaveSingleItem().Role.ShouldBe("user");
        (call.Temperature, call.Seed, call.TopLogProbabilities, call.ResponseFormat).ShouldBe((null, null, 0, null));
    }

    [Fact]
    public async Task A_reasoning_model_gets_its_own_limit_and_no_temperature()
    {
        var call = await SentAsync(
            TestDeployment.Request() with { Temperature = 0 },
            config => config with { ReasoningModel = true, OutputLimit = OutputLimitParameter.MaxCompletionTokens });

        call.OutputLimitParameter.ShouldBe("max_completion_tokens");
        call.Temperature.ShouldBeNull();
    }

    [Fact]
    public async Task The_name_that_the_endpoint_uses_goes_before_the_models_own()
    {
        var call = await SentAsync(TestDeployment.Request(), config => config with { ServedAs = "my-deployment" });

        call.Model.ShouldBe("my-deployment");
    }

    [Theory]
    [InlineData(ReplyFormat.JsonSchema, JsonSupport.Schema, "json_schema", true)]
    [InlineData(ReplyFormat.JsonSchema, JsonSupport.Object, "json_object", false)]
    [InlineData(ReplyFormat.JsonSchema, JsonSupport.Text, null, false)]
    [InlineData(ReplyFormat.JsonObject, JsonSupport.Schema, "json_object", false)]
    [InlineData(ReplyFormat.JsonObject, JsonSupport.Text, null, false)]
    [InlineData(ReplyFormat.Text, JsonSupport.Schema, null, false)]
    public async Task Json_is_asked_for_as_strictly_as_the_endpoint_understands(ReplyFormat wanted, JsonSupport support, string? format, bool hasSchema)
    {
        const string Schema = """{"type":"object","properties":{"score":{"type":"number"}},"required":["score"],"additionalProperties":false}""";

        var call = await SentAsync(TestDeployment.Request() with { Format = wanted, JsonSchema = Schema }, config => config with { Json = support });

        call.ResponseFormat.ShouldBe(format);
        call.JsonSchema.ShouldBe(hasSchema ? Schema : null);
    }

    [Fact]
    public async Task A_text_with_half_a_surrogate_pair_is_sent_with_a_replacement_character()
    {
        var call = await SentAsync(TestDeployment.Request("cut \ud83d here"));

        call.User.ShouldBe("cut \ufffd here");
    }

    [Theory]
    [InlineData("/v1")]
    [InlineData("/v1/")]
    [InlineData("/openai/deployments/x?api-version=2024-10-21")]
    public async Task The_path_is_appended_whatever_the_endpoint_ends_in(string path)
    {
        await using var endpoint = await ScriptedEndpoint.StartAsync(cancellationToken: TestContext.Current.CancellationToken);
        using var chat = new OpenAiChatDeployment(TestDeployment.Config(new Uri(endpoint.Address, path)), TestDeployment.Services(TimeProvider.System, "k"));

        var reply = await chat.CompleteAsync(TestDeployment.Request(), TestContext.Current.CancellationToken);

        reply.Failure.ShouldBeNull();
    }

    [Theory]
    [InlineData(KeyHeader.Bearer)]
    [InlineData(KeyHeader.ApiKey)]
    public async Task The_key_is_read_from_its_variable_and_sent_as_configured(KeyHeader header)
    {
        await using var test = await TestDeployment.StartAsync(new ScriptedEndpointOptions { ApiKey = TestDeployment.Key }, config => config with { KeyHeader = header }, key: TestDeployment.Key + "\n");

        (await test.AskAsync()).Failure.ShouldBeNull();
    }

    [Fact]
    public async Task Images_are_sent_as_parts_in_the_place_where_they_stand()
    {
        const string User = "[answer]\nSee ![a cat](data:image/png;base64,iVBORw0KGgo=) and ![](https://x.example/2.png?w=1&h=2), then judge.";

        var call = await SentAsync(TestDeployment.Request(User), config => config with { Images = true });

        call.Images.ShouldBe(["data:image/png;base64,iVBORw0KGgo=", "https://x.example/2.png?w=1&h=2"]);
        call.User.ShouldBe("[answer]\nSee ![a cat] and ![], then judge.");
        (await SentAsync(TestDeployment.Request("none ![here]"), config => config with { Images = true })).User.ShouldBe("none ![here]");
        var asText = await SentAsync(TestDeployment.Request(User));
        (asText.User, asText.Images.Count).ShouldBe((User, 0), "a deployment that is not said to see images is sent text");
    }

    [Fact]
    public void A_body_is_an_array_of_parts_only_where_there_is_an_image()
    {
        Body("Look: ![x](https://x.example/1.png)").ShouldContain(
            """{"role":"user","content":[{"type":"text","text":"Look: ![x]"},{"type":"image_url","image_url":{"url":"https://x.example/1.png"}}]}""");
        Body("Look.").ShouldContain("""{"role":"user","content":"Look."}""");

        static string Body(string user)
        {
            var body = new System.Buffers.ArrayBufferWriter<byte>();
            new Backends.Chat.ChatRequestWriter(TestDeployment.Config(new Uri("http://x/v1")) with { Images = true }).Write(body, "m", TestDeployment.Request(user));
            return System.Text.Encoding.UTF8.GetString(body.WrittenSpan);
        }
    }

    private static async Task<ScriptedCall> SentAsync(ChatRequest request, Func<DeploymentConfig, DeploymentConfig>? configure = null)
    {
        ScriptedCall? seen = null;
        var options = new ScriptedEndpointOptions
        {
            Respond = call =>
            {
                seen = call;
                return new ScriptedReply { Text = "2.0" };
            },
        };
        await using var test = await TestDeployment.StartAsync(options, configure);
        (await test.Chat.CompleteAsync(request, TestContext.Current.CancellationToken)).Text.ShouldBe("2.0");
        return seen.ShouldNotBeNull();
    }
}
