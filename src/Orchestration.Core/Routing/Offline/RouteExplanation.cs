using System.Globalization;
using Orchestration.Core.Routing.Models;

namespace Orchestration.Core.Routing.Offline;

/// <summary>Why a policy chooses what it chooses for one prompt.</summary>
/// <param name="Choice">The choice, with what is predicted of every expert.</param>
/// <param name="Prediction">What else the model says of the prompt.</param>
/// <param name="Model">The routing model.</param>
/// <param name="PolicyVersion">The policy's version.</param>
public sealed record RouteExplanation(RoutingChoice Choice, RoutingPrediction Prediction, RoutingModel Model, string PolicyVersion)
{
    /// <summary>Asks a policy.</summary>
    /// <param name="model">The routing model.</param>
    /// <param name="prompt">The prompt, with its embedding where the model looks at one.</param>
    /// <param name="policy">As <see cref="OfflinePolicy.Parse"/> reads it.</param>
    /// <param name="prices">A file of prices; null for none.</param>
    /// <param name="outputTokens">Tokens of an answer, for the prices.</param>
    /// <param name="cancellationToken">Stops reading prices.</param>
    /// <exception cref="OrchestrationException">No such policy, or prices that cannot be read.</exception>
    public static RouteExplanation Of(RoutingModel model, RoutingPrompt prompt, string policy, string? prices, int outputTokens, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(prompt);
        var asked = OfflinePolicy.Parse(policy, model.Experts);
        var count = model.Experts.Count;
        var matrix = new RoutingMatrix(model.Experts, ["prompt"], [prompt.Text], [""], new double[count]);
        var cost = prices is null ? null : TokenPriceFile.Apply(matrix, prices, outputTokens, cancellationToken).Cost;
        var question = new RoutingQuestion { Prompt = prompt, Offers = [.. model.Experts.Select((e, m) => new ExpertOffer(e, cost?[m]))] };
        string[] order = count != 2 ? [] : model.Means[1] > model.Means[0] ? [model.Experts[0], model.Experts[1]] : [model.Experts[1], model.Experts[0]];
        var made = asked.On(model, order);
        return new RouteExplanation(made.Choose(question), model.Predict(question.Prompt, asked.Head, new double[count]), model, made.Version);
    }

    /// <summary>The choice in sentences.</summary>
    public IEnumerable<string> Sentences()
    {
        yield return Choice.IsAbstention
            ? $"{Choice.Reason}. A router asks its default expert; the best single expert of the history is {Choice.Experts[0]}."
            : $"{Choice.Experts[0]} is asked: {Choice.Reason}.";
        if (Prediction.Task >= 0)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"It looks most like the task '{Model.Tasks[Prediction.Task]}', and more so than {Prediction.Familiarity:0.0%} of that task's own prompts; below {Model.LeastFamiliarity:0.0%} the router abstains.");
        }

        yield return $"Model {Model.Version[..12]}: {Model.Facts.Choice}";
        if (!double.IsNaN(Choice.Estimates[0].Lower)) yield return "95%: of the mean quality of prompts with such a prediction, as measured on rows the model had not seen.";
    }
}
