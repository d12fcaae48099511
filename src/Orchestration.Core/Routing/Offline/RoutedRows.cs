namespace Orchestration.Core.Routing.Offline;

/// <summary>What one router did with every row, over all draws of folds. Arrays are draws × rows.</summary>
internal sealed class RoutedRows
{
    public RoutedRows(string name, int draws, int rows, int lambdas)
    {
        (Name, Draws, Rows) = (name, draws, rows);
        Quality = new double[draws * rows];
        Cost = new double[draws * rows];
        Score = new double[draws * rows];
        SweptQuality = [.. Enumerable.Range(0, lambdas).Select(_ => new double[draws * rows])];
        SweptCost = [.. Enumerable.Range(0, lambdas).Select(_ => new double[draws * rows])];
    }

    public string Name { get; }

    public int Draws { get; }

    public int Rows { get; }

    /// <summary>Quality of the chosen expert's answer.</summary>
    public double[] Quality { get; }

    /// <summary>Its cost.</summary>
    public double[] Cost { get; }

    /// <summary>With two experts: higher for the strong one.</summary>
    public double[] Score { get; }

    /// <summary>Quality where cost is weighed by each λ in turn; empty for routers that cannot.</summary>
    public double[][] SweptQuality { get; }

    public double[][] SweptCost { get; }

    /// <summary>Rows on which it abstained, of all draws.</summary>
    public int Abstained { get; set; }
}
