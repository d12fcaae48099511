using System.Text.Json;
using Orchestration.Core.MetaEvaluation;
using Orchestration.Core.Pairs.Reading;
using Orchestration.Core.Routing.Models;

namespace Orchestration.Core.Routing.Offline;

/// <summary>
/// Estimates what calls cost where a matrix does not say: prices per million tokens from a file, <c>{model, usd_per_mtok_in, usd_per_mtok_out}</c> a row, a prompt of a quarter as many tokens as it has characters, and an
/// answer of a stated length.
/// </summary>
public static class TokenPriceFile
{
    /// <summary>Tokens of an answer unless told otherwise.</summary>
    public const int DefaultOutputTokens = 256;

    private const double CharactersAToken = 4;

    /// <summary>The matrix with costs.</summary>
    /// <param name="matrix">Costs that it has are replaced.</param>
    /// <param name="path">The file of prices.</param>
    /// <param name="outputTokens">Tokens of every answer, at least 0.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="OrchestrationException">The file cannot be read, a row of it is bad, or an expert has no price (<see cref="ErrorCodes.Input"/>).</exception>
    public static RoutingMatrix Apply(RoutingMatrix matrix, string path, int outputTokens, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        var prices = new Dictionary<string, (double In, double Out)>(StringComparer.Ordinal);
        var report = RowSource.Read(new RowInput { Files = [path] }, "{model, usd_per_mtok_in, usd_per_mtok_out}", row =>
        {
            if (RowSource.Text(row, "model") is not { } model) return RowSource.Missing(row, "model");
            if (!TryPrice(row, "usd_per_mtok_in", out var input) || !TryPrice(row, "usd_per_mtok_out", out var output))
                return new RowFault(RejectReason.WrongType, "The fields 'usd_per_mtok_in' and 'usd_per_mtok_out' should be US dollars per million tokens, at least 0.");
            return prices.TryAdd(model, (input, output)) ? null : new RowFault(RejectReason.DuplicateId, $"The model '{model}' has a price above. Leave one of the two out.");
        }, cancellationToken);
        if (report.FirstReject is { } reject) throw new OrchestrationException(ErrorCodes.Input, reject);
        if (matrix.Experts.FirstOrDefault(e => !prices.ContainsKey(e)) is { } missing)
            throw new OrchestrationException(ErrorCodes.Input, $"{path} has no price of '{missing}'. Add a row {{\"model\": \"{missing}\", \"usd_per_mtok_in\": …, \"usd_per_mtok_out\": …}}.");
        var cost = new double[matrix.Quality.Length];
        for (var i = 0; i < matrix.Rows; i++)
        {
            for (var m = 0; m < matrix.Experts.Count; m++)
            {
                var (input, output) = prices[matrix.Experts[m]];
                cost[i * matrix.Experts.Count + m] = (matrix.Prompts[i].Length / CharactersAToken * input + outputTokens * output) / 1e6;
            }
        }

        return matrix.WithCost(cost);
    }

    private static bool TryPrice(JsonElement row, string field, out double price)
    {
        price = double.NaN;
        return row.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out price) && double.IsFinite(price) && price >= 0;
    }
}
