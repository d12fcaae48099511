using System.Text;
using System.Text.Json;

namespace Orchestration.Simulation.Replies;

/// <summary>A call for embeddings.</summary>
/// <param name="Model">The model asked for.</param>
/// <param name="Inputs">The texts, at least one.</param>
/// <param name="Dimensions">Numbers of a vector, as the call states them; null where it does not.</param>
/// <param name="IsBase64">True where vectors are wanted as the bytes of their numbers.</param>
internal sealed record EmbeddingCall(string Model, IReadOnlyList<string> Inputs, int? Dimensions, bool IsBase64)
{
    private const int MostInputs = 2048;
    private const int MostDimensions = 4096;

    /// <summary>Tokens of the texts: a quarter of their UTF-8 bytes, rounded up.</summary>
    public long Tokens => Inputs.Sum(static text => (Encoding.UTF8.GetByteCount(text) + 3L) / 4);

    /// <summary>The call, or null where the body is none.</summary>
    public static EmbeddingCall? Read(ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            using var document = JsonDocument.ParseValue(ref reader);
            var root = document.RootElement;
            var input = root.GetProperty("input");
            string[] inputs = input.ValueKind == JsonValueKind.String ? [input.GetString()!] : [.. input.EnumerateArray().Select(static text => text.GetString() ?? "")];
            if (inputs.Length is 0 or > MostInputs || inputs.Contains("", StringComparer.Ordinal)) return null;
            int? dimensions = root.TryGetProperty("dimensions", out var stated) ? stated.GetInt32() : null;
            if (dimensions is < 1 or > MostDimensions) return null;
            return new EmbeddingCall(
                root.TryGetProperty("model", out var model) ? model.GetString() ?? "" : "", inputs, dimensions, root.TryGetProperty("encoding_format", out var format) && format.GetString() == "base64");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return null;
        }
    }
}
