using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Judging.Llm;
using Orchestration.Core.Pairs;
using Orchestration.Core.Tests.Judging.Llm;
using Orchestration.Testing.Judging;
using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Judging.Deployments;

public sealed class MarkdownImagesTests
{
    [Theory]
    [InlineData("a ![cat](https://x.example/c.png) b", "a ![cat]|<https://x.example/c.png>| b")]
    [InlineData("![](data:image/png;base64,iVBORw0KGgo=)", "![]|<data:image/png;base64,iVBORw0KGgo=>")]
    [InlineData("![a](https://x/1 \"A title\")![b](https://x/2)", "![a]|<https://x/1>|![b]|<https://x/2>")]
    [InlineData("![x](http://x/1.png)", "![x](http://x/1.png)")]
    [InlineData("![x](data:image/svg+xml;base64,AAAA)", "![x](data:image/svg+xml;base64,AAAA)")]
    [InlineData("![x](data:image/png;base64,not base64)", "![x](data:image/png;base64,not base64)")]
    [InlineData("![x](data:image/png;base64,)", "![x](data:image/png;base64,)")]
    [InlineData("![x](https://)", "![x](https://)")]
    [InlineData("[x](https://x/1.png) ![x] (https://x/1.png) ![x](https://x/1.png", "[x](https://x/1.png) ![x] (https://x/1.png) ![x](https://x/1.png")]
    [InlineData("![![a](https://x/1)", "![![a]|<https://x/1>")]
    [InlineData("![x](https://x/1 and more)", "![x](https://x/1 and more)")]
    [InlineData("no image!", "no image!")]
    [InlineData("", "")]
    public void Images_are_found_where_Markdown_shows_them(string text, string expected) =>
        string.Join('|', MarkdownImages.Split(text).Select(p => p.IsImage ? $"<{text.Substring(p.Start, p.Length)}>" : text.Substring(p.Start, p.Length))).ShouldBe(expected);

    [Theory]
    [InlineData("![")]
    [InlineData("![](https://x/")]
    [InlineData("![](data:image/png;base64,AAAA")]
    [InlineData("![](https://x/1 \"")]
    public void A_hostile_text_costs_no_more_than_its_length(string piece)
    {
        var text = string.Concat(Enumerable.Repeat(piece, 400_000 / piece.Length));
        var started = TimeProvider.System.GetTimestamp();
        MarkdownImages.Split(text).ShouldHaveSingleItem();

        // Quadratic would be minutes.
        TimeProvider.System.GetElapsedTime(started).ShouldBeLessThan(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task An_image_is_reserved_as_so_many_tokens_and_not_as_its_bytes()
    {
        var data = "data:image/png;base64," + new string('A', 400_000);
        var pair = new Pair { Id = "p", Prompt = $"What is this? ![x]({data})", Answer = "A cat.", Group = "g" };
        var plain = await ReservedAsync(pair, new LlmJudgeOptions());
        var seen = await ReservedAsync(pair, new LlmJudgeOptions { Images = true, ImageTokens = 5000 });
        var without = await ReservedAsync(pair with { Prompt = "What is this? ![x]" }, new LlmJudgeOptions { Images = true });

        plain.ShouldBeGreaterThan(400_000);
        seen.ShouldBe(without + 5000, "an address costs nothing more, whatever it holds");
    }

    private static async Task<decimal> ReservedAsync(Pair pair, LlmJudgeOptions options)
    {
        // A thousand dollars a million tokens: the bound in tenths of a cent is the bound in tokens.
        var ledger = new MemorySpendLedger();
        var chat = new ScriptedChat(Given.Json(3)) { Prices = new TokenPrices(1000, 1000, 1000, 1000), Barrier = new CallBarrier() };
        var token = TestContext.Current.CancellationToken;
        var asked = chat.Judge(options: options, purchases: Given.Purchases(null, ledger)).JudgeAsync(new JudgeRequest<Pair> { Items = [pair], Payer = "s" }, token).AsTask();
        await chat.Barrier.Arrived(1);
        var reserved = (await ledger.StatusAsync("s", token)).ReservedUsd;
        chat.Barrier.Open();
        await asked;
        return reserved * 1000;
    }
}
