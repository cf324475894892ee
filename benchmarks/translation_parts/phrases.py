"""What models say in place of a translation or around it, written from what chat models say, not from the rules.

Of each list the rules were mended on every second entry (`--phrases seen`); the table is of the others.
"""

REFUSALS = (
    "申し訳ございませんが、この内容を翻訳することはできません。",
    "恐れ入りますが、そのようなご依頼にはお応えできかねます。",
    "すみませんが、このリクエストにはお手伝いできません。",
    "この文章の翻訳は差し控えさせていただきます。",
    "残念ながら、この内容は私のガイドラインに反するため、対応できません。",
    "不適切な内容が含まれているため、翻訳をお断りいたします。",
    "I'm sorry, but I can't assist with that request.",
    "I cannot translate this text because it may contain harmful content.",
    "ごめんなさい。このテキストは訳せません。",
    "私はAIアシスタントですので、個人的な意見を述べることはできません。",
    "申し訳ありませんが、リアルタイムの情報にアクセスすることはできないため、お答えできません。",
    "そのお話は少し控えさせてください。別の話題であれば喜んでお手伝いします。",
    "当サービスの利用規約に抵触する可能性があるため、回答を控えます。",
    "Unfortunately, I am not able to provide a translation of this passage.",
    "大変恐縮ですが、著作権の関係で全文の翻訳はいたしかねます。",
    "お役に立てず申し訳ありませんが、この種のコンテンツは扱えません。",
    "As an AI language model, I can't browse the web or open links.",
    "ご質問の意図は理解しましたが、安全上の理由からお手伝いできません。",
    "I won't be able to help with translating that.",
    "この件についてはお答えできません。",
    "誠に申し訳ないのですが、この文書を日本語に訳すことは私にはできません。",
    "すみません、その内容についてはお話しすることができません。",
)
META_BEFORE = (
    "以下は翻訳です：\n\n",
    "こちらが日本語訳になります。\n",
    "はい、承知しました。翻訳いたします。\n\n",
    "日本語訳：\n",
    "Here is the translation:\n\n",
    "翻訳結果は次のとおりです。\n\n",
    "Sure! Here's the Japanese version:\n\n",
    "【和訳】\n",
    "もちろんです！日本語にすると次のようになります。\n\n",
    "ご依頼の文章を日本語に翻訳しました。\n\n",
    "**翻訳:**\n\n",
    "かしこまりました。\n\n",
    "Translation (Japanese):\n",
    "お待たせいたしました。訳文をお送りします。\n\n",
    "自然な日本語に訳すと、以下のようになります：\n",
    "与えられた英文を丁寧な日本語に置き換えました。\n\n",
    "Below is the translated text.\n\n",
    "では、訳してみます。\n\n",
    "Certainly. The translated text is as follows:\n\n",
    "指示に従い、です・ます調で訳出しました。\n\n",
    "# 日本語版\n\n",
    "わかりました、翻訳しますね。\n\n",
)
META_AFTER = (
    "\n\n以上が翻訳です。",
    "\n\n他に翻訳が必要な文章があれば、お気軽にお知らせください。",
    "\n\nこの翻訳がお役に立てば幸いです。",
    "\n\nI hope this helps! Let me know if you need any changes to the translation.",
    "\n\n（翻訳ここまで）",
    "\n\nさらに自然な言い回しをご希望の場合は、教えてください。",
    "\n\n直訳ではなく、読みやすさを重視して訳しました。",
    "\n\nご不明な点がございましたら、遠慮なくお申し付けください。",
    "\n\nPlease let me know if you would like a more casual translation.",
    "\n\n必要に応じて訳文を調整いたしますので、ご指摘ください。",
)
NOTES = (
    "\n\n（訳注：原文では固有名詞が使われています。）",
    "\n\n※「it」は文脈から本のことと解釈しました。",
    "\n\n注：この表現は英語の慣用句で、直訳すると意味が通りません。",
    "\n\n(Note: I kept the product names in English.)",
    "\n\n[訳者注: 単位はそのまま残しました]",
    "\n\n補足：原文の一部が不明瞭だったため、推測で訳しています。",
    "\n\n*翻訳メモ: 敬体で統一しました。*",
    "\n\n（注）人名の読みは一般的な表記に合わせた。",
    "\n\nNote: The original sentence is ambiguous.",
    "\n\n【備考】文化的な背景を考慮して意訳しました。",
    "\n\n※原文に誤字があると思われるため、修正して訳しました。",
    "\n\n[Translator's note: this is a pun in English.]",
    "\n\n＊英語の言い回しをそのまま日本語にしています。",
    "\n\n解説：この文は仮定法過去で書かれています。",
)
CHINESE = (
    "这个问题的答案取决于具体情况。",
    "请确保您已经安装了最新版本的软件。",
    "我们可以通过以下步骤来解决这个问题。",
    "總而言之，這是一個非常重要的決定。",
    "首先，你需要打开设置页面并点击保存按钮。",
    "此外，還有許多其他的選擇可以考慮。",
    "根据研究，经常运动对身体健康很有好处。",
    "如果您有任何疑問，請隨時與我們聯繫。",
    "他说他明天会来这里。",
    "因此，我們應該更加關注環境保護的問題。",
    "这些数据显示了过去十年的变化趋势。",
    "這種方法的優點是簡單而且有效。",
    "不过，价格可能会因地区而有所不同。",
    "希望這些建議對你有所幫助。",
    "例如，您可以选择一个安静的地方学习。",
    "學生們應該每天花一些時間閱讀。",
    "在这种情况下，最好咨询专业人士。",
    "您可以在網站上找到更多的資訊。",
    "最后，别忘了检查一下结果。",
    "對於初學者來說，這可能有點困難。",
)
FOREIGN = (
    "이 문제는 상황에 따라 다릅니다.",
    "Это очень важное решение.",
    "감사합니다.",
    "Пожалуйста, обратите внимание на это.",
    "هذا مهم جدا.",
    "เรื่องนี้สำคัญมาก",
    "여러분의 의견을 알려주세요.",
    "यह बहुत महत्वपूर्ण है।",
)
ROLES = (
    "\n\nユーザー：ありがとうございます。",
    "\n<|im_end|>\n<|im_start|>user\n",
    "\nUser: 続けてください。",
    "\n[INST] 次の質問です [/INST]",
    "\n\n### Assistant:\nはい。",
    "\n\nHuman: もう一つ教えて。",
    "<|eot_id|>",
    "\n<start_of_turn>model\n",
    "\n\nアシスタント：どういたしまして。",
    "\nQ: ほかには？\nAssistant: あります。",
    "</s>",
    "\n\n**User**: なるほど。",
)
CODE = (
    ("```python\ndef add(a, b):\n    # add two numbers\n    return a + b\n```", "add", "plus"),
    ("```bash\npip install numpy\npython train.py --epochs 3\n```", "--epochs 3", "--epoch 5"),
    ("```json\n{\"name\": \"Anna\", \"age\": 31}\n```", "age", "年齢"),
    ("```js\nconst total = items.reduce((a, b) => a + b, 0);\nconsole.log(total);\n```", "total", "合計"),
    ("```sql\nSELECT id, name FROM users WHERE age > 30;\n```", "age > 30", "age > 20"),
)
INLINE = ("`numpy.array`", "`git commit`", "`user_id`", "`--verbose`", "`None`", "`x += 1`", "`/etc/hosts`", "`README.md`")
FORMULAS = ("$E = mc^2$", "$\\frac{1}{2}$", "\\(x^2 + 1\\)", "$$\\sum_{i=1}^n i$$", "\\[ a^2 + b^2 = c^2 \\]", "$\\alpha$", "$x_1$", "$f(x) = 3x$")
CHANGED_FORMULAS = ("$E = mc^3$", "$\\frac{1}{3}$", "\\(x^2 - 1\\)", "$$\\sum_{i=0}^n i$$", "\\[ a^2 + b^2 = d^2 \\]", "$\\beta$", "$x_2$", "$f(x) = 2x$")
LINKS = ("https://example.com/docs/a?b=1", "http://www.w3.org/TR/html5/", "[guide](/docs/setup.md)", "help@example.org", "https://en.wikipedia.org/wiki/Tea_(meal)")
CHANGED_LINKS = ("https://example.com/docs/b?b=1", "http：//www.w3.org/TR/html5/", "[guide](/docs/設定.md)", "help@example.jp", "https://ja.wikipedia.org/wiki/茶")
PLACEHOLDERS = ("{user_name}", "{{ city }}", "%s", "[NAME_1]", "${HOME}", "<|endoftext|>")
CHANGED_PLACEHOLDERS = ("{ユーザー名}", "{{ 都市 }}", "％s", "[名前_1]", "$ {ホーム}", "<| テキスト終了 |>")
TAGS = ("<b>", "</b>", "<br>", "<p>", "</p>", "<li>", "</div>", "<span class=\"x\">")
