namespace ApproxNets.Cli.Reporting;

/// <summary>LaTeX commands that stand for one symbol.</summary>
internal static class MathSymbols
{
    /// <summary>Letters and letter-like signs: become <c>mi</c>.</summary>
    public static readonly IReadOnlyDictionary<string, string> Letters = Table(
        "alpha α beta β gamma γ delta δ epsilon ϵ varepsilon ε zeta ζ eta η theta θ vartheta ϑ iota ι kappa κ lambda λ mu μ nu ν xi ξ pi π "
        + "rho ρ varrho ϱ sigma σ varsigma ς tau τ upsilon υ phi ϕ varphi φ chi χ psi ψ omega ω Gamma Γ Delta Δ Theta Θ Lambda Λ Xi Ξ Pi Π "
        + "Sigma Σ Upsilon Υ Phi Φ Psi Ψ Omega Ω infty ∞ partial ∂ nabla ∇ ell ℓ hbar ℏ emptyset ∅ varnothing ∅ Re ℜ Im ℑ top ⊤ bot ⊥ "
        + "ldots … dots … cdots ⋯ vdots ⋮ ddots ⋱ # # % % $ $ & &amp; _ _");

    /// <summary>Operators and relations: become <c>mo</c>.</summary>
    public static readonly IReadOnlyDictionary<string, string> Operators = Table(
        "cdot ⋅ times × div ÷ pm ± mp ∓ ast ∗ star ⋆ circ ∘ bullet • oplus ⊕ ominus ⊖ otimes ⊗ odot ⊙ setminus ∖ le ≤ leq ≤ leqslant ≤ "
        + "ge ≥ geq ≥ geqslant ≥ lt &lt; gt &gt; ne ≠ neq ≠ approx ≈ sim ∼ simeq ≃ cong ≅ equiv ≡ propto ∝ ll ≪ gg ≫ in ∈ notin ∉ ni ∋ "
        + "subset ⊂ subseteq ⊆ supset ⊃ supseteq ⊇ cup ∪ cap ∩ land ∧ wedge ∧ lor ∨ vee ∨ neg ¬ lnot ¬ forall ∀ exists ∃ to → rightarrow → "
        + "leftarrow ← leftrightarrow ↔ Rightarrow ⇒ Leftarrow ⇐ Leftrightarrow ⇔ implies ⟹ iff ⟺ mapsto ↦ uparrow ↑ downarrow ↓ ll ≪ "
        + "gets ← longrightarrow ⟶ mid ∣ parallel ∥ perp ⊥ colon : triangleq ≜ doteq ≐");

    /// <summary>Operators whose limits go above and below where there is room.</summary>
    public static readonly IReadOnlyDictionary<string, string> Large = Table(
        "sum ∑ prod ∏ coprod ∐ bigcup ⋃ bigcap ⋂ bigoplus ⨁ bigotimes ⨂ bigvee ⋁ bigwedge ⋀");

    /// <summary>Operators whose limits stay at the side.</summary>
    public static readonly IReadOnlyDictionary<string, string> Integrals = Table("int ∫ iint ∬ oint ∮");

    public static readonly IReadOnlyDictionary<string, string> Delimiters = Table(
        "{ { } } | ‖ Vert ‖ lVert ‖ rVert ‖ vert | lvert | rvert | "
        + "langle ⟨ rangle ⟩ lfloor ⌊ rfloor ⌋ lceil ⌈ rceil ⌉ lbrace { rbrace } lbrack [ rbrack ]");

    public static readonly IReadOnlyDictionary<string, string> Accents = Table(
        "hat ^ widehat ^ tilde ~ widetilde ~ bar ¯ overline ¯ vec → dot ˙ ddot ¨ check ˇ breve ˘ overrightarrow → overbrace ⏞");

    public static readonly IReadOnlyDictionary<string, string> Spaces = Table(
        ", 0.1667em : 0.2222em > 0.2222em ; 0.2778em ! -0.1667em quad 1em qquad 2em enspace 0.5em thinspace 0.1667em");

    /// <summary>Functions with upright names; those in <see cref="LimitFunctions"/> take limits below.</summary>
    public static readonly IReadOnlySet<string> Functions = new HashSet<string>(
        "ln log exp sin cos tan cot sinh cosh tanh arcsin arccos arctan arg deg dim hom ker erf".Split(' '));

    public static readonly IReadOnlySet<string> LimitFunctions = new HashSet<string>(
        "min max lim inf sup det gcd Pr limsup liminf argmin argmax".Split(' '));

    private static Dictionary<string, string> Table(string pairs)
    {
        string[] words = pairs.Split(' ');
        var table = new Dictionary<string, string>(StringComparer.Ordinal);
        for (int i = 0; i < words.Length; i += 2)
        {
            table[words[i]] = words[i + 1];
        }

        return table;
    }
}
