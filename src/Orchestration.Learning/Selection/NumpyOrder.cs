namespace Orchestration.Learning.Selection;

/// <summary>
/// The order in which NumPy's default <c>argsort</c> leaves whole numbers, equal ones included: quicksort with the median of three, the larger part put off,
/// insertion sort at 16 elements and fewer (its fallback to heapsort, which only adversarial orders reach, is not needed for sizes of groups).
/// </summary>
internal static class NumpyOrder
{
    private const int Small = 15;

    public static int[] Of(int[] values)
    {
        var order = new int[values.Length];
        for (var i = 0; i < order.Length; i++) order[i] = i;
        var open = new Stack<(int First, int Last)>();
        open.Push((0, order.Length - 1));
        while (open.TryPop(out var part))
        {
            var (first, last) = part;
            while (last - first > Small)
            {
                var cut = Partition(values, order, first, last);
                if (cut - first < last - cut)
                {
                    open.Push((cut + 1, last));
                    last = cut - 1;
                }
                else
                {
                    open.Push((first, cut - 1));
                    first = cut + 1;
                }
            }

            Insertion(values, order, first, last);
        }

        return order;
    }

    private static int Partition(int[] values, int[] order, int first, int last)
    {
        var middle = first + ((last - first) >> 1);
        if (values[order[middle]] < values[order[first]]) Swap(order, middle, first);
        if (values[order[last]] < values[order[middle]]) Swap(order, last, middle);
        if (values[order[middle]] < values[order[first]]) Swap(order, middle, first);
        var pivot = values[order[middle]];
        var (up, down) = (first, last - 1);
        Swap(order, middle, down);
        while (true)
        {
            do up++;
            while (values[order[up]] < pivot);
            do down--;
            while (pivot < values[order[down]]);
            if (up >= down) break;
            Swap(order, up, down);
        }

        Swap(order, up, last - 1);
        return up;
    }

    private static void Insertion(int[] values, int[] order, int first, int last)
    {
        for (var i = first + 1; i <= last; i++)
        {
            var moving = order[i];
            var j = i;
            for (; j > first && values[moving] < values[order[j - 1]]; j--) order[j] = order[j - 1];
            order[j] = moving;
        }
    }

    private static void Swap(int[] order, int a, int b) => (order[a], order[b]) = (order[b], order[a]);
}
