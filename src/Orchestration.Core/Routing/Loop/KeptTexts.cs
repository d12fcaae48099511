using System.Security.Cryptography;
using System.Text;

namespace Orchestration.Core.Routing.Loop;

/// <summary>What is kept of prompt and answer: nothing, a hash of each, or the text.</summary>
internal static class KeptTexts
{
    /// <summary>The outcome as it is kept.</summary>
    public static RouteOutcome Of(RouteOutcome outcome, KeptTraffic kept) => kept == KeptTraffic.Text || (outcome.Prompt is null && outcome.Answer is null)
        ? outcome
        : outcome with { Prompt = Of(outcome.Prompt, kept), Answer = Of(outcome.Answer, kept) };

    /// <summary><c>sha256:</c> and the hexadecimal digits of the hash of the text's UTF-8 bytes.</summary>
    public static string Hash(string text) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static string? Of(string? text, KeptTraffic kept) => text is null || kept == KeptTraffic.Nothing ? null : kept == KeptTraffic.Hash ? Hash(text) : text;
}
